import { describe, expect } from 'vitest';
import { fallbackTo } from '../../../models/fallbackTo.ts';
import { retryStream } from '../../../operators/retryStream.ts';
import { ProviderError } from '../../../src/errors.ts';
import {
  type ChunkDraft,
  finish,
  restart,
  text,
  thinking,
  toolCall,
  toolProgress,
  usage,
} from '../../../testing/index.ts';
import { inTurn, it } from '../../marbles.ts';
import { endsOf, toMilliseconds, tracing } from './traces.ts';

const s: ChunkDraft = { type: 'start', provider: 'openai', model: 'gpt-1', responseId: 'resp_1' };
const used = { inputTokens: 7, outputTokens: 3, totalTokens: 10 };
const u = usage({ ...used, cachedInputTokens: 2, cacheWriteTokens: 1, thinkingTokens: 2 });
const f = finish();
const values = { s, u, f, a: text('a'), b: text('b'), t: thinking('t') };
const busy = new ProviderError('busy', { provider: 'mistral', status: 503, retryable: true });

describe('a retry', () => {
  const retry = () => retryStream({ delay: 4, random: () => 0 });

  it('before traceStream is an event of the one call', (m) => {
    const { sdk, trace } = tracing(m);
    const attempts = [m.coldChunks('-s-u-#', values, busy), m.coldChunks('--s--af|', values)];
    m.recordTimeline(inTurn(...attempts).pipe(retry(), trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-13']);
    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1']);
    expect(
      sdk.spans[0]?.events.map(({ name, attributes, time }) => ({
        name,
        attributes,
        at: toMilliseconds(time),
      })),
    ).toEqual([
      {
        name: 'rxllm.restart',
        at: 5,
        attributes: {
          'rxllm.restart.attempt': 2,
          'rxllm.restart.max_attempts': 3,
          'rxllm.restart.delay': 0.002,
          'error.type': '503',
          'error.message': 'busy',
        },
      },
    ]);
    // From where the second attempt was sent, 7.
    expect(sdk.attributesOf('chat gpt-1')).toMatchObject({ 'gen_ai.response.time_to_first_chunk': 0.005 });
  });

  it('by another model is told as a call of the one that answered', (m) => {
    const { sdk, trace } = tracing(m);
    const [first, second] = [
      m.fakeModel(['-#'], { error: busy, provider: 'mistral' }),
      m.fakeModel(['--s-a-f|'], { values }),
    ];
    m.recordTimeline(fallbackTo(first, second).stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-7']);
    expect(sdk.attributesOf('chat gpt-1')).toMatchObject({ 'gen_ai.provider.name': 'openai' });
    expect(sdk.spans[0]?.events).toHaveLength(1);
  });

  it('is an event, too, where the attempt failed before its start', (m) => {
    const { sdk, trace } = tracing(m);
    const attempts = [m.coldChunks('-#', values, busy), m.coldChunks('--s-a-f|', values)];
    m.recordTimeline(inTurn(...attempts).pipe(retry(), trace));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-9']);
    expect(sdk.spans[0]?.events).toHaveLength(1);
  });

  it('behind traceStream makes of each attempt a call of its own', (m) => {
    const { sdk, trace } = tracing(m);
    const attempts = [m.coldChunks('-s-a-#', values, busy), m.coldChunks('-s-a-f|', values)];
    m.recordTimeline(inTurn(...attempts).pipe(trace, retry()));
    m.flush();

    expect(sdk.tree).toEqual(['chat gpt-1 0-5', 'chat gpt-1 7-12']);
    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1 503', 'chat gpt-1']);
  });

  it('that waits when the stream is stopped leaves the call that failed', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(m.coldChunks('-#', values, busy).pipe(retry(), trace), '^-!');
    m.flush();

    expect(sdk.tree).toEqual(['chat 0-2']);
    expect(endsOf(sdk.spans)).toEqual(['chat unsubscribe']);
    expect(sdk.attributesOf('chat')).toMatchObject({ 'gen_ai.provider.name': 'mistral_ai' });
  });

  it('takes running tools away: with it the span of what ran ends', (m) => {
    const { sdk, trace } = tracing(m);
    const more = { n: toolCall('add'), p: toolProgress('add', 1), r: restart() };
    m.recordTimeline(m.coldChunks('-s-n-p-r-s-a-f|', { ...values, ...more }).pipe(trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1', 'execute_tool add restart']);
    expect(sdk.tree).toEqual(['chat gpt-1 0-13', 'execute_tool add 3-7']);
  });
});
