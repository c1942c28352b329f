import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { concat, from, of, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { traceStream } from '../../../integrations/opentelemetry.ts';
import { interruptOn } from '../../../operators/interruptOn.ts';
import { withTimeout } from '../../../operators/withTimeout.ts';
import { errorsToChunks } from '../../../operators/errorsToChunks.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { StreamChunk } from '../../../src/index.ts';
import {
  type ChunkDraft,
  finish,
  text,
  thinking,
  toolCall,
  toolResult,
  usage,
} from '../../../testing/index.ts';
import { chunks } from '../../chunks.ts';
import { behavesAsOperator } from '../../contract.ts';
import { it } from '../../marbles.ts';
import { endsOf, recorder, tracedBy, tracing } from './traces.ts';

const s: ChunkDraft = { type: 'start', provider: 'openai', model: 'gpt-1', responseId: 'resp_1' };
const used = { inputTokens: 7, outputTokens: 3, totalTokens: 10 };
const u = usage({ ...used, cachedInputTokens: 2, cacheWriteTokens: 1, thinkingTokens: 2 });
const f = finish();
const values = { s, u, f, a: text('a'), b: text('b'), t: thinking('t') };
const busy = new ProviderError('busy', { provider: 'mistral', status: 503, retryable: true });

const call = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-1',
  'gen_ai.response.model': 'gpt-1',
};

describe('traceStream', () => {
  behavesAsOperator('traceStream', () => traceStream());

  it('passes every chunk on as it is, at its moment', (m) => {
    const { trace } = tracing(m);
    const source = m.coldChunks('--s-t-a-u-f-|', values);

    m.expectChunks(source.pipe(trace)).toBe('--s-t-a-u-f-|', values);
  });

  it('makes of a model call a chat span, from subscription to finish', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-a-b-u-f-|', values).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-10']);
    expect(sdk.spans[0]).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
    expect(sdk.attributesOf('chat gpt-1')).toEqual({
      ...call,
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': 0.004,
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.cache_creation.input_tokens': 1,
      'gen_ai.usage.reasoning.output_tokens': 2,
    });
  });

  it('begins a further call where the one before, or its last tool, has ended', (m) => {
    const { sdk, trace } = tracing(m);
    const more = { n: toolCall('add'), x: toolResult('add', 3, { durationMs: 2 }) };
    m.recordTimeline(m.coldChunks('-s-n-f-x-s-a-f-|', { ...values, ...more }).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-5', 'execute_tool add 5-7', 'chat gpt-1 7-13']);
  });

  it('counts what a provider runs itself to the call', (m) => {
    const { sdk, trace } = tracing(m);
    const ran = { toolCallId: 'search_0', toolName: 'search', providerExecuted: true } as const;
    const n: ChunkDraft = { type: 'tool-call', arguments: {}, ...ran };
    const x: ChunkDraft = { type: 'tool-result', result: 'found', isError: false, durationMs: 0, ...ran };
    m.recordTimeline(m.coldChunks('-s-n-x-a-f|', { ...values, n, x }).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-9']);
  });

  plainIt.each([
    ['azure', 'azure.ai.openai'],
    ['mistral', 'mistral_ai'],
    ['anthropic', 'anthropic'],
    ['constructor', 'constructor'],
  ])('calls the provider %s by the name of the conventions', (provider, name) => {
    const sdk = recorder();
    from<readonly StreamChunk[]>([{ type: 'start', provider, model: 'm' }, chunks.f])
      .pipe(traceStream(tracedBy(sdk)))
      .subscribe();

    expect(sdk.attributesOf('chat m')).toMatchObject({ 'gen_ai.provider.name': name });
  });

  plainIt.each([
    ['tool-calls', 'tool_call'],
    ['content-filter', 'content_filter'],
    ['aborted', 'aborted'],
  ] as const)('tells the reason %s by the word of the conventions', (reason, word) => {
    const sdk = recorder();
    from<readonly StreamChunk[]>([chunks.s, { ...chunks.f, reason }])
      .pipe(traceStream(tracedBy(sdk)))
      .subscribe();

    expect(sdk.attributesOf('chat test-1')).toMatchObject({ 'gen_ai.response.finish_reasons': [word] });
  });

  it('names the conversation on every span', (m) => {
    const { sdk, trace } = tracing(m, { conversationId: 'conv_1' });
    const more = { n: toolCall('add'), x: toolResult('add', 3) };
    m.recordTimeline(m.coldChunks('-s-n-f-x|', { ...values, ...more }).pipe(trace));
    m.flush();

    expect(sdk.spans.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual([
      'conv_1',
      'conv_1',
    ]);
  });

  plainIt('says at the call which option is wrong', () => {
    expect(() => traceStream({ redact: 'all' as never })).toThrow(
      'traceStream: redact must be a function, not string',
    );
    expect(() => traceStream({ conversationId: '' })).toThrow(
      'traceStream: conversationId must not be empty',
    );
    expect(() => traceStream({ agentName: '' })).toThrow('traceStream: agentName must not be empty');
  });
});

describe('the end of a span', () => {
  it('tells the class of an error, or the code of a provider', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-a-#', values, busy).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-6']);
    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1 503']);
    expect(sdk.spans[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'busy' });
  });

  plainIt.each([
    [
      new ProviderError('x', { code: 'rate_limit_exceeded', status: 429, retryable: true }),
      'rate_limit_exceeded',
    ],
    [new ProviderError('x', { retryable: true }), 'ProviderError'],
    [new TypeError('x'), 'TypeError'],
    ['a word', 'Error'],
  ])('sorts %s', (error, type) => {
    const sdk = recorder();
    concat(
      of(chunks.s),
      throwError(() => error),
    )
      .pipe(traceStream(tracedBy(sdk)))
      .subscribe({ error: () => undefined });

    expect(sdk.attributesOf('chat test-1')).toMatchObject({ 'error.type': type });
  });

  plainIt('comes where what was thrown has no words, and is passed on as it is', () => {
    const sdk = recorder();
    const thrown = Object.create(null) as Error;
    const errors: unknown[] = [];
    concat(
      of(chunks.s),
      throwError(() => thrown),
    )
      .pipe(traceStream(tracedBy(sdk)))
      .subscribe({ error: (error: unknown) => errors.push(error) });

    expect(errors[0]).toBe(thrown);
    expect(endsOf(sdk.spans)).toEqual(['chat test-1 Error']);
  });

  it('comes for a call that failed before its start, with the provider as far as the error tells it', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('---#', {}, busy).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat 0-3']);
    expect(sdk.attributesOf('chat')).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'mistral_ai',
      'error.type': '503',
    });
  });

  it('takes an error that came as a chunk for one', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-a-#', values, busy).pipe(errorsToChunks(), trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1 503']);
  });

  it('tells a timeout by its class', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-a----------', values).pipe(withTimeout({ each: 4 }), trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-8']);
    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1 StreamTimeoutError']);
  });

  it('tells an unsubscription apart, which is no error', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-a-----', values).pipe(trace), '^------!');
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-7']);
    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1 unsubscribe']);
    expect(sdk.spans[0]?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('tells the tokens that were known when it was cut off', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('--s-u-a---', values).pipe(trace), '^-------!');
    m.flush();

    expect(sdk.attributesOf('chat gpt-1')).toMatchObject({
      'gen_ai.usage.input_tokens': 7,
      'rxllm.ended_by': 'unsubscribe',
    });
  });

  it('comes for a call that was unsubscribed from before its start', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('-----', values).pipe(trace), '^--!');
    m.flush();

    expect(sdk.tree).toEqual(['chat 0-3']);
    expect(endsOf(sdk.spans)).toEqual(['chat unsubscribe']);
  });

  it('tells a graceful stop by its reason', (m) => {
    const { sdk, trace } = tracing(m);
    const stop = m.cold('-----x');
    m.recordTimeline(m.coldChunks('--s-a-----', values).pipe(interruptOn(stop), trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1']);
    expect(sdk.attributesOf('chat gpt-1')).toMatchObject({ 'gen_ai.response.finish_reasons': ['aborted'] });
  });

  it('comes where a stream completes without a finish', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.cold('--s-a-|', { s: chunks.s, a: chunks.a }).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat test-1 0-6']);
    expect(endsOf(sdk.spans)).toEqual(['chat test-1']);
  });

  it('comes without a span where nothing was asked', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('---|').pipe(trace));
    m.flush();

    expect(sdk.counts).toEqual({ begun: 0, ended: 0 });
  });
});
