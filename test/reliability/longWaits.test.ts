import { concat, defer, EMPTY, NEVER, of, type SchedulerLike, Subscription, throwError } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { bufferChunks, executeTools, retryStream, withTimeout } from '../../operators/index.ts';
import { ProviderError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks } from '../chunks.ts';

// In real time: JavaScript's timers fire at once, and warn, when they are told to wait for more than 24.8 days.
const month = 31 * 24 * 3_600_000;
const warned: string[] = [];
const onWarning = ({ name }: Error) => warned.push(name);

beforeEach(() => void process.on('warning', onWarning));

afterEach(() => {
  process.off('warning', onWarning);
  expect(warned.splice(0)).toEqual([]);
});

const { s, a, n, d, e, F } = chunks;
const call: readonly StreamChunk[] = [s, n, d, e, F];
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 30));

it('retryStream does not come back at once when it is asked to wait for a month', async () => {
  let attempts = 0;
  const busy = defer(() => {
    attempts += 1;
    return throwError(() => new ProviderError('busy', { retryable: true, retryAfter: month }));
  });
  const subscription = busy.pipe(retryStream({ maxDelay: Infinity })).subscribe();
  await aWhile();
  subscription.unsubscribe();

  expect(attempts).toBe(1);
});

it.each([month, Infinity])('executeTools gives a tool %d ms', async (timeout) => {
  const heard: string[] = [];
  const weather = { name: 'weather', parameters: z.object({}), execute: () => NEVER };
  const source = concat(of(...call), NEVER);
  const subscription = source
    .pipe(executeTools([weather], { timeout }))
    .subscribe(({ type }) => heard.push(type));
  await aWhile();
  subscription.unsubscribe();

  expect(heard).not.toContain('tool-result');
});

it.each([month, Infinity])('bufferChunks holds a batch for %d ms', async (time) => {
  const heard: StreamChunk[][] = [];
  const subscription = concat(of(s, a), NEVER)
    .pipe(bufferChunks({ time }))
    .subscribe((batch) => heard.push(batch));
  await aWhile();
  subscription.unsubscribe();

  expect(heard).toEqual([[s]]);
});

it.each([month, Infinity])('withTimeout gives a stream %d ms', async (first) => {
  const heard: unknown[] = [];
  const subscription = concat(of(s), NEVER, EMPTY)
    .pipe(withTimeout({ first }))
    .subscribe({ error: (error) => heard.push(error) });
  await aWhile();
  subscription.unsubscribe();

  expect(heard).toEqual([]);
});

it('withTimeout never waits for less than nothing, though the clock moves while it counts', () => {
  const waits: number[] = [];
  let now = 0;
  const later: (() => void)[] = [];
  const scheduler = {
    now: () => (now += 1),
    schedule: (work: () => void, delay = 0) => {
      waits.push(delay);
      later.push(work);
      return new Subscription();
    },
  } as unknown as SchedulerLike;
  NEVER.pipe(withTimeout({ first: 5, scheduler })).subscribe({ error: () => undefined });
  now = 100;
  for (const work of later) work();

  expect(waits).toHaveLength(2);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
});
