import { anything, type Arbitrary, array, boolean, nat, option, property, record } from 'fast-check';
import { concat, concatMap, delay, EMPTY, from, NEVER, of, throwError, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  debugMarbles,
  drawTimelines,
  drawTimelinesSvg,
  type LabelledTimeline,
  recordChunks,
  writeMarbleTest,
} from '../../testing/index.ts';
import { runGenerated } from '../testing/generatedTest.ts';
import { allElements, notificationsOf, readXml } from '../testing/xml.ts';
import { call, piece } from './calls.ts';
import { holds } from './runs.ts';

/** Values and the milliseconds before each; chunks in which text is whatever models and users write, and other values. */
const timed = array(record({ value: call, wait: nat(40) }), { maxLength: 3 }).chain((calls) =>
  array(record({ value: anything(), wait: nat(3) }), { maxLength: 4 }).map((others) => [
    ...calls.flatMap(({ value, wait }): { readonly value: unknown; readonly wait: number }[] =>
      value.map((chunk, index) => ({ value: chunk, wait: index % 3 && wait })),
    ),
    ...others,
  ]),
);
const stream = record({
  timed,
  end: option(boolean()),
  left: option(nat(200)),
  label: piece.map((words) => `lane${words.replaceAll(/\s/g, '_')}`),
});
type Stream = typeof stream extends Arbitrary<infer Value> ? Value : never;

/** The timeline of a stream: it completes, errors or goes on. */
function toTimeline({ timed, end, left, label }: Stream): LabelledTimeline {
  let frame = 0;
  const messages: LabelledTimeline['messages'][number][] = timed.map(({ value, wait }) => {
    frame += wait;
    return { frame, notification: { kind: 'N', value } };
  });
  if (end !== null) {
    messages.push({ frame, notification: end ? { kind: 'C' } : { kind: 'E', error: new Error('<&') } });
  }
  return { label, messages, ...(left !== null && { unsubscribedFrame: left }) };
}

/** How many notifications a picture of a timeline has to show. */
function countOf({ messages, unsubscribedFrame = Infinity }: LabelledTimeline): number {
  const seen = messages.filter(({ frame }) => frame <= unsubscribedFrame);
  const last = messages.at(-1);
  const hasEnded = last && last.notification.kind !== 'N' && last.frame <= unsubscribedFrame;
  return seen.length + (unsubscribedFrame === Infinity || hasEnded ? 0 : 1);
}

/** The marbles of the lines of a label, without what only tells the time. */
function marblesOf(drawn: string, label: string): string[] {
  const begin = `  ${label}  `;
  return drawn
    .split('\n')
    .filter((line) => line.startsWith(begin))
    .flatMap((line) => Array.from(line.slice(begin.length).replaceAll(/ \d+ms |[-() ]/g, '')));
}

describe('a picture of timelines', () => {
  it('shows each notification once, and is XML whatever is in them', () => {
    holds(
      property(array(stream, { maxLength: 3 }), nat(800), (streams, more) => {
        const timelines = streams.map(toTimeline);
        const svg = readXml(drawTimelinesSvg(timelines, { width: 200 + more }));
        const elements = new Set(allElements(svg).map(({ name }) => name));

        expect(notificationsOf(svg)).toHaveLength(timelines.reduce((sum, each) => sum + countOf(each), 0));
        expect([...elements].filter((name) => !known.includes(name))).toEqual([]);
      }),
    );
  });
});

const known = ['svg', 'title', 'desc', 'style', 'g', 'circle', 'rect', 'path', 'text'];

describe('a diagram of timelines', () => {
  it('shows each notification once', () => {
    holds(
      property(stream, nat(100), (given, more) => {
        const timeline = { ...toTimeline(given), label: 'lane' };

        expect(marblesOf(drawTimelines([timeline]), 'lane')).toHaveLength(countOf(timeline));
        expect(marblesOf(drawTimelines([timeline], { width: 20 + more }), 'lane')).toHaveLength(
          countOf(timeline),
        );
      }),
    );
  });

  it('shows each notification once while the stream runs, too', () => {
    holds(
      property(timed, option(boolean()), nat(100), (values, end, more) => {
        const scheduler = new VirtualTimeScheduler();
        const rows: string[] = [];
        const ends = end === null ? NEVER : end ? EMPTY : throwError(() => new Error('no'));
        const subscription = concat(
          from(values).pipe(concatMap(({ value, wait }) => of(value).pipe(delay(wait, scheduler)))),
          ends,
        )
          .pipe(debugMarbles({ write: (row) => rows.push(row), scheduler, label: 'lane', width: 20 + more }))
          .subscribe({ error: () => undefined });
        scheduler.flush();
        subscription.unsubscribe();

        expect(marblesOf(rows.join('\n'), 'lane')).toHaveLength(values.length + 1);
      }),
    );
  });
});

describe('a marble test of a log', () => {
  it('passes with that log, and not with another', () => {
    holds(
      property(
        array(call, { minLength: 1, maxLength: 3 }),
        nat(300),
        option(boolean()),
        nat(1_000),
        (calls, wait, end, at) => {
          const scheduler = new VirtualTimeScheduler();
          const lines: string[] = [];
          const ends = end === null ? NEVER : end ? EMPTY : throwError(() => new Error('no'));
          concat(
            from(calls.flat()).pipe(
              concatMap((chunk, index) =>
                of(chunk).pipe(delay(index % 3 ? 0 : wait % (index + 2), scheduler)),
              ),
            ),
            ends,
          )
            .pipe(recordChunks((line) => lines.push(line), { scheduler }))
            .subscribe({ error: () => undefined });
          scheduler.flush();
          const source = writeMarbleTest(lines, { file: 'log.jsonl' });
          const place = at % calls.flat().length;
          const other = lines.with(
            place,
            (lines[place] ?? '').replace('"chunk":{', '"chunk":{"other":true,'),
          );

          expect(() => runGenerated(source, lines.join('\n'))).not.toThrow();
          expect(() => runGenerated(source, other.join('\n'))).toThrow();
        },
      ),
    );
  });
});
