import { array, constantFrom, integer, property, record } from 'fast-check';
import { concat, of, type Observable, take, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { agent } from '../../../agents/agent.ts';
import { traceStream } from '../../../integrations/opentelemetry.ts';
import type { StreamChunk } from '../../../src/index.ts';
import { toolCall, usage } from '../../../testing/index.ts';
import { ask, wait, weather } from '../../agents/runs.ts';
import { chunks, cut, restartWith } from '../../chunks.ts';
import { it, type Marbles } from '../../marbles.ts';
import { holds } from '../../properties/runs.ts';
import { recorder, tracedBy } from './traces.ts';

/** A run with all that has a span: rounds, tools, a failing one, one that waits for approval, a handoff. */
function busyRun(m: Marbles): Observable<StreamChunk> {
  const values = {
    w: [usage({ inputTokens: 3 }), ...ask('Ulm', 'Bern'), ...toolCall('nowhere')],
    h: [...ask('Rome'), ...toolCall('transfer_to_other')],
  };
  const model = m.fakeModel(['-a-w-|', '-h-|', '-b-u|'], { values });
  const tools = [{ ...weather, approve: () => wait(1, true) }];
  const other = agent({ name: 'other', model, tools });
  return agent({ name: 'busy', model, tools, handoffs: [other], scheduler: m.scheduler }).stream('Hi');
}

function lengthOf(m: Marbles): number {
  const whole = m.recordTimeline(busyRun(m));
  m.flush();
  return whole.chunks.length;
}

describe('each span that traceStream begins ends once', () => {
  it('wherever the run is unsubscribed from, while a chunk is delivered', (m) => {
    const length = lengthOf(m);
    for (let index = 1; index <= length; index += 1) {
      const sdk = recorder();
      m.recordTimeline(busyRun(m).pipe(traceStream(tracedBy(sdk, m.scheduler)), take(index)));
      m.flush();

      expect(sdk.counts.ended, `left after ${index} chunks`).toBe(sdk.counts.begun);
      expect(sdk.spans, `left after ${index} chunks`).toHaveLength(sdk.counts.begun);
    }
    expect(length).toBeGreaterThan(30);
  });

  it('wherever the run fails', (m) => {
    const length = lengthOf(m);
    for (let index = 0; index <= length; index += 1) {
      const sdk = recorder();
      const failing = concat(
        busyRun(m).pipe(take(index)),
        throwError(() => cut),
      );
      m.recordTimeline(failing.pipe(traceStream(tracedBy(sdk, m.scheduler))));
      m.flush();

      expect(sdk.counts.ended, `failed after ${index} chunks`).toBe(sdk.counts.begun);
      expect(sdk.spans[0]?.attributes, `failed after ${index} chunks`).toMatchObject({
        'error.type': 'StreamInterruptedError',
      });
    }
  });

  plainIt('whatever comes, in any order, and wherever it is cut', () => {
    const ran = { toolCallId: 'call_0', toolName: 'weather' };
    const kinds: readonly StreamChunk[] = [
      ...Object.values(chunks),
      { ...chunks.s, agent: 'one', round: 1 },
      { ...chunks.s, agent: 'two', round: 2 },
      { type: 'approval-request', arguments: {}, ...ran },
      { type: 'tool-progress', value: 1, ...ran },
      { type: 'tool-result', result: 1, isError: false, durationMs: 1, ...ran },
      { type: 'tool-result', result: 1, isError: false, durationMs: 0, providerExecuted: true, ...ran },
      { type: 'tool-call-invalid', argumentsText: '{', reason: 'incomplete', block: 0, ...ran },
      { ...chunks.F, usage: undefined, rawReason: undefined } as never,
      restartWith({}),
      { type: 'message', message: { role: 'assistant', content: 'a' } },
      { type: 'run-finish', reason: 'stop', durationMs: 1, rounds: 1 },
      { type: 'error', error: { name: 'ProviderError', message: 'no', retryable: false } },
      { type: 'raw', event: 1 },
    ];
    const any = record({
      stream: array(constantFrom(...kinds), { maxLength: 20 }),
      left: integer({ min: 1, max: 25 }),
      end: constantFrom('complete', 'error'),
    });
    holds(
      property(any, ({ stream, left, end }) => {
        const sdk = recorder();
        const source = concat(of(...stream), end === 'error' ? throwError(() => cut) : of());
        const seen: StreamChunk[] = [];
        source
          .pipe(traceStream(tracedBy(sdk)), take(left))
          .subscribe({ next: (chunk) => seen.push(chunk), error: () => undefined });

        expect(seen).toEqual(stream.slice(0, left));
        expect(sdk.counts.ended).toBe(sdk.counts.begun);
        expect(sdk.spans).toHaveLength(sdk.counts.begun);
      }),
    );
  });
});
