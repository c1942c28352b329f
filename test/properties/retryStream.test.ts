import { constantFrom, nat, property } from 'fast-check';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectResponse, withTimeout } from '../../operators/index.ts';
import { isRxllmError, RestartAfterOutputError } from '../../src/errors.ts';
import { addUsage, ResponseBuilder, type StreamChunk, type Usage } from '../../src/index.ts';
import { textCall } from './calls.ts';
import { holds } from './runs.ts';
import {
  billedBy,
  brokenAttempts,
  lastingOutputs,
  outputs,
  reduced,
  retried,
  scenario,
  usageOf,
} from './scenario.ts';
import { play, run } from './virtual.ts';

describe('after any failure at any chunk', () => {
  describe.each(['restart', 'hold'] as const)('with afterOutput %s', (afterOutput) => {
    it.each(Object.entries(outputs))('%s holds what the successful attempt says', (_, output) => {
      holds(
        property(scenario, (all) => {
          const scheduler = new VirtualTimeScheduler();
          const result = run(retried(all, scheduler, { afterOutput }).pipe(output(scheduler)), scheduler);
          const alone = new VirtualTimeScheduler();
          const wanted = run(
            retried({ ...all, broken: [] }, alone, { afterOutput }).pipe(output(alone)),
            alone,
          );

          expect(result).toEqual(wanted);
        }),
      );
    });
  });

  it.each(Object.entries(lastingOutputs))('%s delivers the successful attempt behind hold', (_, output) => {
    holds(
      property(scenario, (all) => {
        const scheduler = new VirtualTimeScheduler();
        const { values, error } = run(
          retried(all, scheduler, { afterOutput: 'hold' }).pipe(output()),
          scheduler,
        );
        const alone = new VirtualTimeScheduler();
        const wanted = run(retried({ ...all, broken: [] }, alone).pipe(output()), alone);

        expect(error).toBeUndefined();
        expect(values.join('')).toBe(wanted.values.join(''));
      }),
    );
  });

  it.each(Object.entries(lastingOutputs))('%s never delivers text of two attempts', (_, output) => {
    holds(
      property(scenario, (all) => {
        const scheduler = new VirtualTimeScheduler();
        const { values, error } = run(retried(all, scheduler).pipe(output()), scheduler);
        const said = [...all.broken.map(({ chunks }) => chunks), all.final].map((chunks) => {
          const alone = new VirtualTimeScheduler();
          const one = { ...all, broken: [{ chunks, failure: 'throws' as const }] };
          return run(retried(one, alone, { count: 0 }).pipe(output()), alone).values.join('');
        });
        const text = values.join('');

        if (error === undefined) expect(text).toBe(said.at(-1));
        else {
          expect(error).toBeInstanceOf(RestartAfterOutputError);
          // Less than the attempt says by itself: what may still become a tag is dropped at the restart.
          expect(said.slice(0, -1).some((one) => one.startsWith(text))).toBe(true);
        }
      }),
    );
  });

  it.each(['restart', 'hold'] as const)(
    'billedUsage counts every attempt, with afterOutput %s',
    (afterOutput) => {
      holds(
        property(scenario, (all) => {
          const scheduler = new VirtualTimeScheduler();
          const { values } = run(
            retried(all, scheduler, { afterOutput }).pipe(collectResponse({ scheduler })),
            scheduler,
          );

          expect(countsOf(values[0]?.billedUsage)).toEqual(countsOf(billedBy(all)));
          expect(values[0]?.usage).toEqual(usageOf(all.final));
        }),
      );
    },
  );

  it('onRetry tells what was used, also where hold shows nothing of it', () => {
    holds(
      property(scenario, constantFrom('hold' as const, 'restart' as const), (all, afterOutput) => {
        const scheduler = new VirtualTimeScheduler();
        let billed: Usage | undefined;
        let retries = 0;
        const onRetry = ({ usage }: { readonly usage?: Usage }) => {
          billed = addUsage(billed, usage);
          retries += 1;
        };
        run(retried(all, scheduler, { afterOutput, onRetry }), scheduler);

        expect(retries).toBe(all.broken.length);
        expect(countsOf(addUsage(billed, usageOf(all.final)))).toEqual(countsOf(billedBy(all)));
      }),
    );
  });

  it('continue makes one answer of the pieces, and one usage', () => {
    holds(
      property(textCall, brokenAttempts(textCall), scenario, (target, broken, { splits, tools, isPaced }) => {
        const scheduler = new VirtualTimeScheduler();
        const whole = textOf(target);
        const counted: (Usage | undefined)[] = [];
        const turns = broken.values();
        const rest = (from: number) => {
          const { value } = turns.next();
          const chunks = restOf(target, whole.slice(from));
          const sent = value ? chunks.slice(0, value.chunks.length % chunks.length) : chunks;
          counted.push(usageOf(sent));
          return play(sent, scheduler, { isPaced, failure: value?.failure }).pipe(
            withTimeout({ first: 100, each: 100, scheduler }),
          );
        };
        const stream = retried(
          { broken: [], final: [], isPaced, splits, tools },
          scheduler,
          {
            afterOutput: 'continue',
            continueWith: ({ text }) => rest(text.length),
          },
          () => rest(0),
        );
        const result = run(stream.pipe(collectResponse({ scheduler })), scheduler);
        const alone = new VirtualTimeScheduler();
        const wanted = run(
          retried({ broken: [], final: target, isPaced, splits, tools }, alone).pipe(reduced),
          alone,
        );

        expect(result.error).toBeUndefined();
        expect(result.values[0]?.message).toEqual(wanted.values[0]?.message);
        expect(countsOf(result.values[0]?.billedUsage)).toEqual(
          countsOf(counted.reduce(addUsage, undefined)),
        );
      }),
    );
  });

  it('the error that is left has the partial that the subscriber saw', () => {
    holds(
      property(
        scenario,
        nat(3),
        constantFrom('restart' as const, 'hold' as const, 'fail' as const),
        (all, count, afterOutput) => {
          const scheduler = new VirtualTimeScheduler();
          const { values, error, endings } = run(retried(all, scheduler, { count, afterOutput }), scheduler);
          const seen = new ResponseBuilder();
          for (const chunk of values) seen.add(chunk);

          expect(endings).toBe(1);
          if (error !== undefined) expect(isRxllmError(error) && error.partial).toEqual(seen.partial);
        },
      ),
    );
  });
});

function textOf(chunks: readonly StreamChunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '')).join('');
}

/** A call that says the rest of another one. */
function restOf(target: readonly StreamChunk[], text: string): StreamChunk[] {
  const usage = { inputTokens: 3, outputTokens: text.length, totalTokens: 3 + text.length };
  const deltas = text.match(/[^]{1,3}/g) ?? [];
  return [
    ...target.slice(0, 1),
    { type: 'usage', usage: { ...usage, outputTokens: 0, totalTokens: 3 } },
    ...deltas.map((piece): StreamChunk => ({ type: 'text-delta', text: piece, block: 0 })),
    { type: 'usage', usage },
    { type: 'finish', reason: 'stop', usage, metadata: {} },
  ];
}

function countsOf(usage: Usage | undefined): readonly (number | undefined)[] {
  return [usage?.inputTokens, usage?.outputTokens, usage?.totalTokens];
}
