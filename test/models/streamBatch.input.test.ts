import {
  asapScheduler,
  concat,
  EMPTY,
  from,
  lastValueFrom,
  map,
  NEVER,
  of,
  range,
  scheduled,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { type BatchItems, streamBatch } from '../../models/streamBatch.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { GuardError } from '../../src/errors.ts';
import { finish, text } from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { it } from '../marbles.ts';
import { ends, letters } from './batchLetters.ts';
import { modelOf } from './modelOf.ts';

const answer = listChunks(text('Hello'), finish());
const unreadable = new Error('the file cannot be read');

/** Counts without end, and tells how often it was asked and whether it was closed. */
class Endless {
  pulled = 0;
  closed = 0;
  readonly failsAt: number;

  constructor(failsAt = Infinity) {
    this.failsAt = failsAt;
  }

  *[Symbol.iterator](): Generator<string> {
    try {
      for (;;) {
        if (this.pulled === this.failsAt) throw unreadable;
        yield `${this.pulled++}`;
      }
    } finally {
      this.closed += 1;
    }
  }

  /** The same, but never at once. */
  later(): AsyncIterable<string> {
    return later(this);
  }
}

async function* later(items: Iterable<string>): AsyncGenerator<string> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

/** While coverage is counted all takes longer. */
const patience = { timeout: 30_000 };

/** Lets promises settle. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('streamBatch', () => {
  describe('of an iterable', () => {
    it('pulls one item for each free place', (m) => {
      const items = new Endless();
      const model = m.fakeModel([{ when: /./, answer: '----|' }]);
      streamBatch(items, model, { concurrency: 3 }).subscribe();
      const pulled: number[] = [];
      for (const at of [0, 3, 4, 8]) m.scheduler.schedule(() => pulled.push(items.pulled), at + 0.5);
      m.scheduler.maxFrames = 9;
      m.flush();

      expect(pulled).toEqual([3, 3, 6, 9]);
    });

    it('closes it when unsubscribed from', (m) => {
      const items = new Endless();
      const batch = streamBatch(items, m.fakeModel([{ when: /./, answer: '--|' }]), { concurrency: 2 });

      m.expect(batch.pipe(ends()), '^--!').toBeObservable('--(AB)');
      m.flush();
      expect(items).toMatchObject({ pulled: 4, closed: 1 });
    });

    plainIt('closes it where a synchronous reader leaves', () => {
      const items = new Endless();
      streamBatch(items, modelOf(of(...answer)), { concurrency: Infinity })
        .pipe(ends(), take(3))
        .subscribe();

      expect(items).toMatchObject({ pulled: 3, closed: 1 });
    });

    plainIt('does not close what has no way to be closed, or has ended by itself', () => {
      const close = vi.fn();
      const bare = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: '1' }) }) };
      const ended = {
        [Symbol.iterator]: () => ({ next: () => ({ done: true as const, value: undefined }), return: close }),
      };
      streamBatch(bare, modelOf(of(...answer)))
        .pipe(take(1))
        .subscribe();
      streamBatch(ended, modelOf(of(...answer))).subscribe();

      expect(close).not.toHaveBeenCalled();
    });

    it('answers what was taken, then fails with its error', (m) => {
      const items = new Endless(2);
      const model = m.fakeModel(['-|', '-----|']);

      m.expect(streamBatch(items, model).pipe(ends())).toBeObservable('-A---(B#)', undefined, unreadable);
      m.flush();
      expect(items.closed).toBe(1);
    });

    plainIt('is begun again for each subscriber, and not before', () => {
      const items = new Endless();
      const batch = streamBatch(items, modelOf(of(...answer)));
      expect(items.pulled).toBe(0);

      batch.pipe(ends(), take(2)).subscribe();
      batch.pipe(ends(), take(2)).subscribe();
      expect(items).toMatchObject({ pulled: 4, closed: 2 });
    });

    it('closes it when the budget is spent', (m) => {
      const items = new Endless();
      streamBatch(items, m.fakeModel([]), { budget: { tokens: 0 } }).subscribe({ error: () => undefined });

      expect(items).toMatchObject({ pulled: 1, closed: 1 });
    });
  });

  describe('of an async iterable', () => {
    const asked = (items: BatchItems, concurrency: number) => {
      const calls: Subject<StreamChunk>[] = [];
      const model = modelOf(NEVER, {
        stream: () => {
          const call = new Subject<StreamChunk>();
          calls.push(call);
          return call;
        },
      });
      const seen: unknown[] = [];
      const subscription = streamBatch(items, model, { concurrency })
        .pipe(ends())
        .subscribe({
          next: (end) => seen.push(end),
          error: (error) => seen.push(error),
          complete: () => seen.push('|'),
        });
      return { calls, seen, subscription };
    };

    plainIt('pulls one item for each free place', async () => {
      const items = new Endless();
      const { calls } = asked(items.later(), 2);
      await settle();
      expect([items.pulled, calls.length]).toEqual([2, 2]);

      calls[0]?.complete();
      await settle();
      expect([items.pulled, calls.length]).toEqual([3, 3]);
    });

    plainIt('closes it when unsubscribed from, also while an item is awaited', async () => {
      const items = new Endless();
      const { subscription } = asked(items.later(), 2);
      subscription.unsubscribe();
      await settle();
      expect(items).toMatchObject({ pulled: 1, closed: 1 });

      const others = new Endless();
      const { subscription: other, calls } = asked(others.later(), 2);
      await settle();
      other.unsubscribe();
      await settle();
      expect(others).toMatchObject({ pulled: 2, closed: 1 });
      expect(calls.every(({ observed }) => !observed)).toBe(true);
    });

    plainIt('answers what was taken, then fails with its error', async () => {
      const items = new Endless(1);
      const { calls, seen } = asked(items.later(), 5);
      await settle();
      expect(seen).toEqual([]);

      calls[0]?.complete();
      expect(seen).toEqual(['A', unreadable]);
      expect(items.closed).toBe(1);
    });

    plainIt('says nothing of an error in closing it, nor of an item that comes too late', async () => {
      const rejections: unknown[] = [];
      const note = (reason: unknown) => rejections.push(reason);
      process.on('unhandledRejection', note);
      const items = {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(unreadable),
          return: () => Promise.reject(unreadable),
        }),
      };
      const { subscription, seen } = asked(items, 1);
      subscription.unsubscribe();
      await settle();
      process.off('unhandledRejection', note);

      expect({ seen, rejections }).toEqual({ seen: [], rejections: [] });
    });

    plainIt('fails with what its iterator throws instead of a promise', () => {
      const items = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            throw unreadable;
          },
        }),
      };

      expect(asked(items, 1).seen).toEqual([unreadable]);
    });

    plainIt('completes when it has ended and all is answered', async () => {
      const rows = async function* () {
        yield 'one';
        await Promise.resolve();
        yield 'two';
      };
      const list = streamBatch(rows(), modelOf(of(...answer))).pipe(ends(), toArray());

      expect(await lastValueFrom(list)).toEqual(['A', 'B']);
    });
  });

  describe('of an Observable', () => {
    const full = new GuardError(
      'More than 1 requests wait in the batch: raise its buffer, or give it an iterable, which is pulled',
      { code: 'buffer' },
    );

    it('queues what comes while no place is free', (m) => {
      const source = m.cold('(xx)----|', { x: 'Hello' });
      const model = m.fakeModel(['---|', '-|']);

      m.expect(streamBatch(source, model, { concurrency: 1 }).pipe(ends())).toBeObservable('---AB---|');
      m.expect(source).toHaveSubscriptions('^-------!');
    });

    it('answers what is queued, then fails, when more wait than it may hold', (m) => {
      const source = m.cold('x-x-x-x-x|', { x: 'Hello' });
      const model = m.fakeModel(['------|', '------|']);
      const batch = streamBatch(source, model, { concurrency: 1, buffer: 1 });

      m.expect(batch.pipe(ends())).toBeObservable('------A-----(B#)', undefined, full);
      m.expect(source).toHaveSubscriptions('^---!');
    });

    it('needs no queue where places are free', (m) => {
      const model = m.fakeModel(['-|', '-|', '-|']);

      m.expect(streamBatch(of('1', '2', '3'), model, { buffer: 0 }).pipe(ends())).toBeObservable('-(ABC|)');
    });

    it('answers what was taken, then fails with its error', (m) => {
      const source = concat(
        of('1', '2', '3'),
        throwError(() => unreadable),
      );
      const model = m.fakeModel(['-|', '--|', '--|']);
      const batch = streamBatch(source, model, { concurrency: 2 });

      m.expect(batch.pipe(ends())).toBeObservable('-AB(C#)', undefined, unreadable);
    });

    it('completes with it, when all is answered', (m) => {
      m.expect(streamBatch(EMPTY, m.fakeModel([]))).toBeObservable('|');
      m.expect(streamBatch(m.cold('--|'), m.fakeModel([]))).toBeObservable('--|');
    });

    it('unsubscribes from it when unsubscribed from', (m) => {
      const source = m.cold('x-----', { x: 'Hello' });

      m.expect(streamBatch(source, m.fakeModel(['-x-------'])).pipe(letters()), '^--!').toBeObservable('-a-');
      m.expect(source).toHaveSubscriptions('^--!');
    });
  });

  describe('of very many items', () => {
    const one = answer.slice(-1);

    for (const [order, total] of [
      ['completed', 100_000],
      ['given', 20_000],
    ] as const) {
      plainIt(`holds no more of ${total} than run at a time, delivered as ${order}`, patience, async () => {
        let pulled = 0;
        let delivered = 0;
        let held = 0;
        const items = {
          *[Symbol.iterator]() {
            for (; pulled < total; pulled++) yield 'Hello';
          },
        };
        // Every seventh is late, so that others overtake it.
        let calls = 0;
        const model = modelOf(NEVER, {
          stream: () => (calls++ % 7 === 0 ? scheduled(one, asapScheduler) : from(one)),
        });
        const seen = new Uint8Array(total);
        await streamBatch(items, model, { concurrency: 20, order }).forEach((event) => {
          held = Math.max(held, pulled - delivered);
          if (event.type === 'item-chunk') return;
          delivered += 1;
          seen[event.index] = (seen[event.index] ?? 0) + 1;
        });

        expect(held).toBeLessThanOrEqual(21);
        expect(seen.every((count) => count === 1)).toBe(true);
      });
    }

    plainIt('needs no deeper stack for items that are answered at once', () => {
      const total = 20_000;
      let count = 0;
      streamBatch(range(0, total).pipe(map((item) => `${item}`)), modelOf(from(one)), { concurrency: 1 })
        .pipe(ends())
        .subscribe(() => (count += 1));

      expect(count).toBe(total);
    });
  });
});
