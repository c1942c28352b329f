import type { Attributes } from '@opentelemetry/api';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { traceStream } from '../../../integrations/opentelemetry.ts';
import { retryStream } from '../../../operators/retryStream.ts';
import { ProviderError } from '../../../src/errors.ts';
import { type ChunkDraft, finish, inVirtualTime, text, thinking, usage } from '../../../testing/index.ts';
import { chunks } from '../../chunks.ts';
import { inTurn } from '../../marbles.ts';
import { recorder, type Recorder, tracedBy } from './traces.ts';

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

describe('the metrics', () => {
  it('tell duration, first chunk, chunks, tokens and the time for each, in seconds, by the buckets of the conventions', async () => {
    const sdk = recorder();
    inVirtualTime((m) => {
      const source = m.coldChunks('--s-a-b---u-f-|', values);
      source.pipe(traceStream(tracedBy(sdk, m.scheduler))).subscribe();
    })();

    expect(await told(sdk, 'gen_ai.client.operation.duration')).toEqual([[call, 0.012]]);
    expect(await told(sdk, 'gen_ai.client.operation.time_to_first_chunk')).toEqual([[call, 0.004]]);
    expect(await told(sdk, 'gen_ai.client.operation.time_per_output_chunk')).toEqual([[call, 0.002]]);
    expect(await told(sdk, 'rxllm.time_per_output_token')).toEqual([[call, 0.001]]);
    expect(await told(sdk, 'gen_ai.client.token.usage')).toEqual([
      [{ ...call, 'gen_ai.token.type': 'input' }, 7],
      [{ ...call, 'gen_ai.token.type': 'output' }, 3],
    ]);
    const [duration] = await sdk.histogram('gen_ai.client.operation.duration');
    const [tokens] = await sdk.histogram('gen_ai.client.token.usage');
    expect(duration?.value.buckets.boundaries).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]);
    expect(tokens?.value.buckets.boundaries).toEqual([
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    ]);
  });

  it('count what a void attempt has used: it is billed', async () => {
    const sdk = recorder();
    inVirtualTime((m) => {
      const attempts = [m.coldChunks('-s-u-#', values, busy), m.coldChunks('-s-u-f|', values)];
      inTurn(...attempts)
        .pipe(retryStream({ delay: 2 }), traceStream(tracedBy(sdk, m.scheduler)))
        .subscribe();
    })();

    expect((await told(sdk, 'gen_ai.client.token.usage')).map(([, values]) => values)).toEqual([14, 6]);
  });

  it('say what ended a call before its end', async () => {
    const sdk = recorder();
    inVirtualTime((m) => {
      const trace = traceStream(tracedBy(sdk, m.scheduler));
      m.coldChunks('--s-a-#', values, busy)
        .pipe(trace)
        .subscribe({ error: () => undefined });
      const left = m.coldChunks('--s-a--', values).pipe(trace).subscribe();
      m.scheduler.schedule(() => left.unsubscribe(), 5);
    })();

    expect((await told(sdk, 'gen_ai.client.operation.duration')).map(([attributes]) => attributes)).toEqual([
      { ...call, 'rxllm.ended_by': 'unsubscribe' },
      { ...call, 'error.type': '503' },
    ]);
  });

  it('leave out the time for a token of an answer that came at once', async () => {
    const sdk = recorder();
    inVirtualTime((m) => {
      m.coldChunks('--s-x---u-f-|', { ...values, x: [text('a'), text('b')] })
        .pipe(traceStream(tracedBy(sdk, m.scheduler)))
        .subscribe();
    })();

    expect(await sdk.histogram('rxllm.time_per_output_token')).toEqual([]);
  });

  it('leave out tokens that the provider does not tell', async () => {
    const sdk = recorder();
    of(chunks.s, chunks.a, { ...chunks.f, usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } })
      .pipe(traceStream(tracedBy(sdk)))
      .subscribe();

    expect(await sdk.histogram('gen_ai.client.token.usage')).toEqual([]);
    expect(Object.keys(sdk.attributesOf('chat test-1')).filter((key) => key.includes('usage'))).toEqual([]);
  });
});

/** The attributes and the sums that a histogram was told, a pair for each set of attributes. */
async function told(sdk: Recorder, name: string): Promise<(readonly [Attributes, number])[]> {
  const points = await sdk.histogram(name);
  return points.map(
    ({ attributes, value: { sum = 0 } }) => [attributes, Math.round(sum * 1e6) / 1e6] as const,
  );
}
