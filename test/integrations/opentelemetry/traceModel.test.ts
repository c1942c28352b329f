import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  concat,
  defer,
  EMPTY,
  from,
  identity,
  lastValueFrom,
  map,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  throwError,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../../agents/agent.ts';
import { traceModel, traceStream } from '../../../integrations/opentelemetry.ts';
import { pipeModel } from '../../../models/pipeModel.ts';
import { retryStream } from '../../../operators/retryStream.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { ModelRequest, StreamChunk } from '../../../src/index.ts';
import { tool } from '../../../src/tool.ts';
import { finish, toolCall } from '../../../testing/index.ts';
import { syncModel } from '../../agents/runs.ts';
import { chunks, listChunks } from '../../chunks.ts';
import { endsOf, recorder, tracedBy } from './traces.ts';
import { inTurns, httpModel, countsOf } from './nesting.ts';

const parameters = z.object({});
const busy = new ProviderError('busy', { status: 503, retryable: true });

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));

afterAll(() => context.disable());

describe('traceModel', () => {
  const asked: ModelRequest = {
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image', image: 'https://example.org/a.png' },
          { type: 'image', image: 'aGVsbG8=', mediaType: 'image/jpeg' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'refusal', text: 'No.' },
          {
            type: 'tool-call-invalid',
            toolCallId: 'c',
            toolName: 'add',
            argumentsText: '{',
            reason: 'incomplete',
          },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'add', result: { a: 1 } }],
      },
    ],
    temperature: 0.5,
    topP: 0.9,
    maxTokens: 100,
    stop: ['END'],
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
    seed: 7,
    outputSchema: parameters,
  };

  it('tells what was asked for, and the model that was asked', () => {
    const sdk = recorder();
    const model = traceModel(
      { ...syncModel(() => [finish()]), model: 'big', stream: () => of(chunks.s, chunks.f) },
      tracedBy(sdk),
    );
    model.stream(asked).subscribe();

    expect(sdk.attributesOf('chat big')).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'test',
      'gen_ai.request.model': 'big',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.2,
      'gen_ai.request.seed': 7,
      'gen_ai.output.type': 'json',
      'gen_ai.response.model': 'test-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 5,
    });
  });

  it('writes the messages where they are wanted, of images no bytes', () => {
    const sdk = recorder();
    const model = traceModel(
      syncModel(() => [finish()]),
      { ...tracedBy(sdk), content: true },
    );
    model.stream(asked).subscribe();

    expect(JSON.parse(String(sdk.attributesOf('chat test-1')['gen_ai.input.messages']))).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'What?' },
          { type: 'uri', modality: 'image', uri: 'https://example.org/a.png' },
          { type: 'blob', modality: 'image', mime_type: 'image/jpeg', content: '' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'refusal', content: 'No.' },
          { type: 'tool_call', id: 'c', name: 'add', arguments: '{' },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: { a: 1 } }] },
    ]);
  });

  it('keeps what the model is and does', () => {
    const model = syncModel(() => [finish()]);
    const traced = traceModel(model);
    const types: string[] = [];
    traced.stream('Hi').subscribe(({ type }) => types.push(type));

    expect(traced).toMatchObject({ provider: 'test', model: 'test-1', capabilities: model.capabilities });
    expect(types).toEqual(['start', 'finish']);
    expect(() => traceModel(model, { conversationId: '' })).toThrow(
      'traceModel: conversationId must not be empty',
    );
  });

  it.each([
    ['is asked not to stream', { messages: asked.messages, stream: false }, true],
    ['cannot stream', { messages: asked.messages }, false],
  ])('times no chunks of a model that %s', async (_, request, streaming) => {
    const sdk = recorder();
    const model = syncModel(() => [finish()]);
    const capabilities = { ...model.capabilities, streaming };
    const used = { inputTokens: 3, outputTokens: 5 };
    const text = { type: 'text-delta', text: 'a' } as const;
    const stream = () => from(listChunks({ type: 'start' }, text, text, finish('stop', used)));
    traceModel({ ...model, capabilities, stream }, tracedBy(sdk))
      .stream(request)
      .subscribe();

    expect(sdk.attributesOf('chat test-1')).toMatchObject({ 'gen_ai.request.stream': false });
    expect(sdk.attributesOf('chat test-1')).not.toHaveProperty('gen_ai.response.time_to_first_chunk');
    expect(await sdk.histogram('gen_ai.client.operation.time_to_first_chunk')).toEqual([]);
    expect(await sdk.histogram('rxllm.time_per_output_token')).toEqual([]);
  });

  it('leaves a request that is none for the model to refuse', () => {
    const sdk = recorder();
    const refusing = { ...syncModel(() => [finish()]), stream: () => throwError(() => busy) };
    const errors: unknown[] = [];
    traceModel(refusing, { ...tracedBy(sdk), content: true })
      .stream({} as never)
      .subscribe({ error: (error: unknown) => errors.push(error) });

    expect(errors).toEqual([busy]);
    expect(endsOf(sdk.spans)).toEqual(['chat test-1 503']);
  });

  it('has the spans of its request within', async () => {
    const sdk = recorder();
    await lastValueFrom(
      traceModel(
        httpModel(sdk, () => []),
        tracedBy(sdk),
      ).stream('Hi'),
    );

    expect(sdk.names).toEqual(['chat test-1', '  POST']);
  });

  it('is within the run, which makes no span of its own for the call', async () => {
    const sdk = recorder();
    const model = traceModel(
      httpModel(sdk, (call) => (call === 1 ? toolCall('add') : [])),
      tracedBy(sdk),
    );
    const add = tool({ name: 'add', parameters, execute: () => 3 });
    const assistant = agent({ name: 'a', model, tools: [add] });
    await lastValueFrom(assistant.stream('Hi').pipe(traceStream(tracedBy(sdk))));

    expect(sdk.names).toEqual([
      'invoke_agent a',
      '  chat test-1',
      '    POST',
      '  execute_tool add',
      '  chat test-1',
      '    POST',
    ]);
    expect(sdk.attributesOf('invoke_agent a')).toMatchObject({ 'gen_ai.agent.name': 'a' });
    expect(await countsOf(sdk, 'gen_ai.client.operation.duration')).toBe(2);
  });

  it('takes no span from a run whose tool asks it', async () => {
    const sdk = recorder();
    const helper = traceModel({ ...syncModel(() => [finish()]), model: 'helper' }, tracedBy(sdk));
    const model = httpModel(sdk, (call) => (call === 1 ? toolCall('add') : []));
    const add = tool({ name: 'add', parameters, execute: () => helper.stream('Hi').pipe(map(() => 3)) });
    await lastValueFrom(
      agent({ name: 'a', model, tools: [add] })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names.filter((name) => name.includes('chat')).sort()).toEqual([
      '  chat helper',
      '  chat test-1',
      '  chat test-1',
    ]);
  });

  it.each(['billing', 'who pays?'])('is within the agent that took over, here %s', async (name) => {
    const sdk = recorder();
    const answers = (call: number) => (call === 1 ? toolCall(`transfer_to_${name.replace(/\W/g, '_')}`) : []);
    const model = traceModel(httpModel(sdk, answers), tracedBy(sdk));
    const front = agent({ name: 'front', model, handoffs: [agent({ name, model })] });
    await lastValueFrom(front.stream('Hi').pipe(traceStream(tracedBy(sdk))));

    expect(sdk.names).toEqual([
      'invoke_agent front',
      '  chat test-1',
      '    POST',
      `  execute_tool transfer_to_${name.replace(/\W/g, '_')}`,
      `  invoke_agent ${name}`,
      '    chat test-1',
      '      POST',
    ]);
    expect(sdk.attributesOf(`invoke_agent ${name}`)).toMatchObject({ 'gen_ai.provider.name': 'test' });
  });

  it('stays within its agent where a tool only says that somebody takes over', async () => {
    const sdk = recorder();
    const model = traceModel(
      httpModel(sdk, (call) => (call === 1 ? toolCall('add') : [])),
      tracedBy(sdk),
    );
    const add = tool({ name: 'add', parameters, execute: () => 'Ada takes over.' });
    await lastValueFrom(
      agent({ name: 'a', model, tools: [add] })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names.filter((name) => name.includes('invoke_agent'))).toEqual(['invoke_agent a']);
  });

  it('before a retry makes of each attempt a span; the run tells the restart', async () => {
    const sdk = recorder();
    const answers = [
      concat(
        of(chunks.s),
        throwError(() => busy),
      ),
      of(chunks.s, chunks.f),
    ];
    const stream = () => defer(() => answers.shift() ?? EMPTY).pipe(inTurns);
    const model = pipeModel(
      traceModel({ ...syncModel(() => [finish()]), stream }, tracedBy(sdk)),
      retryStream({ delay: 0 }),
    );
    await lastValueFrom(
      agent({ name: 'a', model })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(endsOf(sdk.spans)).toEqual(['invoke_agent a', 'chat test-1 503', 'chat test-1']);
    expect(sdk.spans[0]?.events.map(({ name }) => name)).toEqual(['rxllm.restart']);
    expect(await countsOf(sdk, 'gen_ai.client.token.usage')).toBe(2);
  });
});

describe('traceStream in a model', () => {
  it('is within the run, which makes no span of its own for the call', async () => {
    const sdk = recorder();
    const model = pipeModel(
      httpModel(sdk, () => []),
      traceStream(tracedBy(sdk)),
    );
    await lastValueFrom(
      agent({ name: 'a', model })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names).toEqual(['POST', 'invoke_agent a', '  chat test-1']);
  });

  it('tells a failure before the first chunk once', async () => {
    const sdk = recorder();
    const failing = { ...syncModel(() => [finish()]), stream: () => throwError(() => busy) };
    const model = pipeModel(failing, traceStream(tracedBy(sdk)));
    const run = agent({ name: 'a', model })
      .stream('Hi')
      .pipe(traceStream(tracedBy(sdk)));
    await lastValueFrom(run).catch(() => undefined);

    expect(endsOf(sdk.spans)).toEqual(['invoke_agent 503', 'chat 503']);
    expect(sdk.names).toEqual(['invoke_agent', '  chat']);
  });

  const failing = concat(
    of(chunks.s),
    throwError(() => busy),
  );
  it.each<[string, Observable<StreamChunk>, MonoTypeOperatorFunction<StreamChunk>, string]>([
    ['is left within the call', concat(of(chunks.s, chunks.a), NEVER), identity, 'chat test-1 unsubscribe'],
    ['is left behind the call', concat(of(chunks.s, chunks.f), NEVER), identity, 'chat test-1'],
    ['fails', failing, identity, 'chat test-1 503'],
    ['is left while a retry waits', failing, retryStream(), 'chat test-1 503'],
  ])(
    'is the only one to tell the call, also where a stream that is traced, too, %s',
    (_, source, between, told) => {
      const sdk = recorder();
      const trace = traceStream(tracedBy(sdk));
      source
        .pipe(trace, between, trace)
        .subscribe({ error: () => undefined })
        .unsubscribe();

      expect(endsOf(sdk.spans)).toEqual([told]);
    },
  );
});
