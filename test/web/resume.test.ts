import { concatMap, defer, finalize, map, Subject, take, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { fromServerSentEvents, type FromServerSentEventsOptions, replayLog } from '../../web/index.ts';
import { pipeToNode } from '../../web/node.ts';
import { chunks } from '../chunks.ts';
import { serveInTurn } from './servers.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f } = chunks;

const fast: FromServerSentEventsOptions = { delay: 0 };

describe('fromServerSentEvents with a replayLog', () => {
  it('shows every character once though connections break', async () => {
    const log = replayLog();
    const run = new Subject<StreamChunk>();
    let runs = 0;
    const source = defer(() => {
      runs += 1;
      return run;
    });
    const { url, requests } = await serveInTurn((response, { headers }) => {
      const after = headers['last-event-id'] as string | undefined;
      const broken = requests.length < 4;
      const answer = log.record('run', source, { after }).pipe(
        tap(({ type }) => {
          if (broken && type === 'text-delta') setImmediate(() => response.destroy());
        }),
      );
      pipeToNode(answer, response);
    });
    const answered = outcomeOf(
      fromServerSentEvents(url, { ...fast, body: 'Hi' }).pipe(
        tap(({ type }) => {
          if (type === 'start' || type === 'text-delta') setImmediate(() => next());
        }),
        accumulateText(),
      ),
    );
    const words = ['one ', 'two ', 'three ', 'four ', 'five '];
    const next = () => {
      const word = words.shift();
      if (word === undefined) {
        run.next(f);
        run.complete();
      } else {
        run.next({ ...a, text: word });
      }
    };
    while (!run.observed) await new Promise(setImmediate);
    run.next(s);
    const { seen, error } = await answered;

    expect(error).toBeUndefined();
    expect(seen.at(-1)).toBe('one two three four five ');
    expect(requests.length).toBeGreaterThanOrEqual(4);
    expect(runs).toBe(1);
  });

  it('tells a reload from a stop', async () => {
    const log = replayLog();
    let left = 0;
    const source = new Subject<StreamChunk>();
    const { url } = await serveInTurn((response, { headers }) => {
      const after = headers['last-event-id'] as string | undefined;
      pipeToNode(log.record('run', source.pipe(finalize(() => (left += 1))), { after }), response);
    });
    const first = outcomeOf(fromServerSentEvents(url).pipe(take(2)));
    while (!source.observed) await new Promise(setImmediate);
    source.next(s);
    source.next(a);
    const { seen } = await first;
    source.next(b);
    const lastEventId = seen.at(-1)?.eventId ?? null;
    const second = outcomeOf(
      fromServerSentEvents(url, { lastEventId }).pipe(
        concatMap((chunk) => log.stop('run').pipe(map(() => chunk))),
      ),
    );

    expect((await second).seen.map((chunk) => ('text' in chunk ? chunk.text : chunk.type))).toStrictEqual([
      'b',
      'finish',
    ]);
    expect(left).toBe(1);
  });
});
