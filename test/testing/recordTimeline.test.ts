import { EMPTY, map, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bufferChunks } from '../../operators/bufferChunks.ts';
import { retryStream } from '../../operators/retryStream.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import {
  assertFirstChunkWithin,
  assertTextAt,
  assertTextAtRestart,
  assertToolCalled,
  finish,
  inVirtualTime,
  restart,
  text,
  thinking,
  type Timeline,
  toolCall,
  usage,
} from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

const values = {
  c: toolCall('weather', { city: 'Bern' }),
  d: toolCall('time', { zone: 'CET' }),
  f: finish(),
  r: restart(),
  t: thinking('hm'),
  u: usage({ inputTokens: 1 }),
};

/** Runs a test on the timeline of a diagram. */
function on(diagram: string, body: (timeline: Timeline) => void, subscription?: string): () => void {
  return inVirtualTime(({ coldChunks, recordTimeline, flush }) => {
    const timeline = recordTimeline(coldChunks(diagram, values), subscription);
    flush();
    body(timeline);
  });
}

describe('recordTimeline', () => {
  it(
    'tells the text at each moment, over all calls',
    on('-H-i-f-J-|', (timeline) => {
      expect([0, 1, 2, 3, 7, 99].map((frame) => timeline.textAt(frame))).toEqual([
        '',
        'H',
        'H',
        'Hi',
        'HiJ',
        'HiJ',
      ]);
      expect(timeline.chunks).toHaveLength(7);
      expect(timeline.messages.at(-1)).toEqual({ frame: 9, notification: { kind: 'C' } });
      expect(timeline.error).toBeUndefined();
    }),
  );

  it(
    'takes back what a restart has voided, and keeps what was on screen before it',
    on('-Hf-i-r-J-r-K-|', (timeline) => {
      expect(timeline.textAt(5)).toBe('Hi');
      expect(timeline.textAt(6)).toBe('H');
      expect(timeline.textAtRestart()).toBe('Hi');
      expect(timeline.textAtRestart(2)).toBe('HJ');
      expect(() => timeline.textAtRestart(3)).toThrow('There is no restart number 3, only 2\n\n  ');
    }),
  );

  it(
    'tells the tool calls and when they came',
    on('-c-d|', ({ toolCalls }) => {
      expect(toolCalls).toEqual([
        { frame: 1, toolCallId: 'call_0', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 },
        { frame: 3, toolCallId: 'call_1', toolName: 'time', arguments: { zone: 'CET' }, block: 1 },
      ]);
    }),
  );

  it(
    'counts the time to the first content from the subscription',
    on('-u-t-H|', ({ timeToFirstChunk }) => expect(timeToFirstChunk).toBe(3), '--^'),
  );

  it(
    'says so where there was no content',
    on('-u|', (timeline) => expect(() => timeline.timeToFirstChunk).toThrow('There was no content\n\n')),
  );

  it(
    'unsubscribes at the moment it is told',
    on(
      '-H-i-J|',
      ({ chunks, messages }) => {
        expect(chunks).toHaveLength(2);
        expect(messages).toHaveLength(2);
      },
      '^-!',
    ),
  );

  it(
    'subscribes at the beginning where no moment is told',
    on('-H|', ({ messages }) => expect(messages[0]?.frame).toBe(1), ''),
  );

  it(
    'keeps the error, partial included',
    on('-H-#', ({ error }) => expect(error).toMatchObject({ partial: { text: 'H' } })),
  );

  it(
    'asks to be flushed first',
    inVirtualTime(({ recordTimeline }) => {
      expect(() => recordTimeline(EMPTY).textAt(1)).toThrow('flush the scheduler first');
    }),
  );

  it(
    'draws the diagram',
    on('-H-i 50ms c|', (timeline) => {
      expect(String(timeline)).toBe(
        [
          '  ms   1    3      54   55',
          '      -(sH)-i 50ms (tTc)(f|)',
          '',
          '  s  start test test-1',
          '  H  text "H" in block 0',
          '  i  text "i" in block 0',
          '  t  start of tool call weather (call_1) in block 1',
          '  T  arguments {"city":"Bern"} (call_1) in block 1',
          '  c  tool call weather { city: "Bern" } (call_1) in block 1',
          '  f  finish tool-calls',
        ].join('\n'),
      );
    }),
  );
});

describe('the assertions', () => {
  it(
    'pass where the timeline is as they say',
    on('-H-c-r-i|', (timeline) => {
      assertTextAt(timeline, 3, 'H');
      assertTextAtRestart(timeline, 'H');
      assertTextAtRestart(timeline, 'H', 1);
      assertToolCalled(timeline, 'weather');
      assertToolCalled(timeline, 'weather', { with: { city: 'Bern' } });
      assertToolCalled(timeline, 'weather', { with: { city: 'Bern' }, at: 3 });
      assertFirstChunkWithin(timeline, 1);
    }),
  );

  it(
    'fail with the diagram where it is not',
    on('-H-c-r-i|', (timeline) => {
      expect(() => assertTextAt(timeline, 3, 'Hi')).toThrow(
        'The text at 3 ms differs\n  expected  "Hi"\n  actual    "H"\n\n  ms   1',
      );
      expect(() => assertTextAtRestart(timeline, '')).toThrow('The text at restart number 1 differs');
      expect(() => assertFirstChunkWithin(timeline, 0)).toThrow('came after 1 ms, not within 0 ms\n\n  ms');
      expect(() => assertToolCalled(timeline, 'time')).toThrow(
        [
          'The tool was not called so',
          '  expected  time',
          '  called    weather with { city: "Bern" } at 3 ms',
          '',
          '  ms   1',
        ].join('\n'),
      );
      expect(() => assertToolCalled(timeline, 'weather', { with: { city: 'Basel' } })).toThrow(
        'expected  weather with { city: "Basel" }',
      );
      expect(() => assertToolCalled(timeline, 'weather', { at: 4 })).toThrow('expected  weather at 4 ms');
    }),
  );

  it(
    'say that no tool was called',
    on('-H|', (timeline) => {
      expect(() => assertToolCalled(timeline, 'weather')).toThrow('called    none');
    }),
  );

  it(
    'answer what was on the screen when the retry came',
    inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
      const model = fakeModel(['-S-u-#', '-S-u-n|']);
      const answer = model.stream('Weather?').pipe(retryStream({ delay: 10, random: () => 0 }));
      const screen = recordTimeline(answer);
      flush();

      assertTextAtRestart(screen, 'Su');
      assertTextAt(screen, 99, 'Sun');
    }),
  );
});

describe('the diagram of a stream', () => {
  const drawn = (diagram: string, chunks: Record<string, StreamChunk> = {}) => {
    let picture = '';
    inVirtualTime(({ coldChunks, recordTimeline, flush }) => {
      const timeline = recordTimeline(coldChunks(diagram, { ...values, ...chunks }));
      flush();
      picture = String(timeline);
    })();
    return picture;
  };

  it('gives the same character to the same chunk only', () => {
    expect(drawn('H-t-H')).toContain('  H  text "H" in block 0\n  t  thinking');
    expect(drawn('H-t-H')).toContain('a  text "H" in block 2');
    expect(drawn('(HHH)')).toContain('(sHHH)');
  });

  it('tells facts of a chunk by their name', () => {
    expect(drawn('r')).toContain(
      '  r  restart attempt 2 maxAttempts 3 delayMs 0 error { name: "StreamInterruptedError"',
    );
    expect(drawn('a', { a: { type: 'finish', reason: 'other', metadata: { tier: 'fast' } } })).toContain(
      'finish other metadata { tier: "fast" }',
    );
  });

  it('leaves out a number for which there is no room', () => {
    expect(drawn('12ms HijK').split('\n')[0]).toBe('  ms              12  13');
  });

  it('draws what is no chunk', () => {
    const timeline = inVirtualTime(({ coldChunks, recordTimeline, flush }) => {
      const batches = coldChunks('(abc)|').pipe(bufferChunks({ count: 2 }));
      const timeline = recordTimeline(batches as never);
      const words = recordTimeline(coldChunks('ab').pipe(map(() => 'word')) as never);
      const failing = recordTimeline(throwError(() => new Error('boom')));
      flush();

      expect(String(timeline)).toContain('[text "a" in block 0, text "b" in block 0]');
      expect(String(words)).toContain('w  "word"');
      expect(String(failing)).toContain('#');
    });

    expect(timeline).not.toThrow();
  });
});

describe('text in diagrams', () => {
  it('asks for a letter of its own only where it begins with one', () => {
    inVirtualTime(({ coldChunks, recordTimeline, flush }) => {
      const timeline = recordTimeline(coldChunks('ab', { a: text(' world'), b: text('Hello') }));
      flush();

      expect(String(timeline)).toContain('  a  text " world" in block 0\n  H  text "Hello"');
    })();
  });
});
