import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMPTY, map, type Observable, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { executeTools, retryStream, withTimeout } from '../../operators/index.ts';
import { ProviderError, StructuredOutputError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import {
  type ChunkValues,
  inVirtualTime,
  recordChunks,
  text,
  thinking,
  toolCall,
  usage,
  type VirtualTime,
  writeMarbleTest,
} from '../../testing/index.ts';
import { runGenerated } from './generatedTest.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

const file = 'session.jsonl';
const weather = {
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: () => timer(30).pipe(map(() => ({ sky: 'clear' }))),
};
const values: ChunkValues = {
  c: toolCall('weather', { city: "l'Aquila" }),
  t: thinking('hm'),
  S: thinking('in short', 'summary'),
  u: usage({ inputTokens: 3, outputTokens: 5, raw: { a: 1 } }),
  p: {
    type: 'finish',
    reason: 'stop',
    rawReason: 'end_turn',
    metadata: { ['__proto__']: { tier: -0.5 }, 'x-y': null },
  },
};

/** What a stream in virtual time writes down. */
function logOf(make: (time: VirtualTime) => Observable<StreamChunk>): string {
  const lines: string[] = [];
  inVirtualTime((time) => {
    make(time)
      .pipe(recordChunks((line) => lines.push(line)))
      .subscribe({ error: () => undefined });
    time.flush();
  })();
  return lines.join('\n');
}

/** Streams as they come in production. */
const logs: Readonly<Record<string, () => string>> = {
  'an answer with thinking and usage': () =>
    logOf(({ coldChunks }) => coldChunks('20ms t-t 30ms S-H-e-l-l-o-u|', values)),
  'tools that run': () =>
    logOf(({ fakeModel }) =>
      fakeModel(['-c-c|'], { values })
        .stream('')
        .pipe(executeTools([weather])),
    ),
  'a restart in the middle': () =>
    logOf(({ fakeModel }) =>
      fakeModel(['--H-e-', '--H-e-l-l-o|'])
        .stream('')
        .pipe(withTimeout({ each: 500 }), retryStream({ delay: 40 })),
    ),
  'an error of the provider': () =>
    logOf(({ coldChunks }) =>
      coldChunks(
        '-H 15ms #',
        {},
        (details) =>
          new ProviderError("it's busy", {
            ...details,
            status: 529,
            code: 'overloaded',
            retryable: true,
            retryAfter: 3,
          }),
      ),
    ),
  'a limit of time': () => logOf(({ coldChunks }) => coldChunks('-H-').pipe(withTimeout({ each: 70 }))),
  'an error of a class of its own facts': () =>
    logOf(({ coldChunks }) =>
      coldChunks(
        '-#',
        {},
        new StructuredOutputError('no JSON', {
          retryable: true,
          issues: [{ message: 'x', path: [] }],
          path: ['a', 0],
          text: '{',
        }),
      ),
    ),
  'an error that is not of this library': () =>
    logOf(({ coldChunks }) => coldChunks('-H#', {}, new TypeError('odd'))),
  'a reader who has left': () => logOf(({ coldChunks }) => coldChunks('-H-i-')),
  'facts of the provider': () => logOf(({ coldChunks }) => coldChunks('H-p-H-(ip)|', values)),
  'no chunk at all': () => logOf(() => EMPTY),
};

/** Whether a test passes with that log. */
function passes(source: string, log: string): boolean {
  try {
    runGenerated(source, log);
    return true;
  } catch {
    return false;
  }
}

describe('writeMarbleTest', () => {
  describe.each(Object.keys(logs))('of a log of %s', (name) => {
    const log = logs[name]?.() ?? '';
    const source = writeMarbleTest(log, { file });

    it('passes with the same log', () => {
      expect(passes(source, log)).toBe(true);
    });

    it('fails with each log that has one chunk more, less or another, or another time', () => {
      const lines = log.split('\n');
      const others = lines.flatMap((line, nth) => {
        const { at } = JSON.parse(line) as { at: number };
        return [
          lines.with(nth, line.replace('"chunk":{', '"chunk":{"also":1,')),
          lines.with(nth, line.replace(/"at":\d+/, `"at":${at + 1}`)),
          lines.toSpliced(nth, 1),
        ].map((each) => each.join('\n'));
      });
      const unnoticed = others.filter((other) => other !== log && passes(source, other));

      expect(unnoticed).toEqual([]);
    });
  });

  it('writes what a person would', () => {
    const source = writeMarbleTest(logs['an answer with thinking and usage']?.() ?? '', { file });

    expect(source).toBe(`import { readFileSync } from 'node:fs';
import { type ChunkValues, finish, inVirtualTime, replayChunks, text, thinking, usage } from 'rxllm/testing';
import { expect, it } from 'vitest';

const log = readFileSync(new URL('session.jsonl', import.meta.url), 'utf8');

it(
  'gives the chunks of session.jsonl',
  inVirtualTime(({ expectChunks, recordTimeline, flush }) => {
    const values: ChunkValues = {
      t: [{ provider: 'test', model: 'test-1', type: 'start' }, thinking('hm')],
      T: thinking('hm'),
      a: thinking('in short', 'summary'),
      H: text('H'),
      e: text('e'),
      l: text('l'),
      o: text('o'),
      u: usage({ inputTokens: 3, outputTokens: 5, totalTokens: 8, raw: { a: 1 } }),
      f: finish('stop'),
    };
    // The operators under test go here: replayChunks(log).pipe(…)
    const stream = replayChunks(log);
    const seen = recordTimeline(stream);

    expectChunks(stream).toBe('20ms t-T 30ms a-H-e-l-l-o-u(f|)', values);
    flush();
    expect(seen.chunks).toHaveLength(11);
  }),
);
`);
  });

  it('finds the file wherever it is, and breaks long diagrams', () => {
    const source = writeMarbleTest(
      logOf(({ coldChunks }) => coldChunks('abcdefghijklmnopqrst'.replaceAll('', ' 20ms '))),
      { file: "../a b/it's.jsonl" },
    );

    expect(source).toContain("new URL('../a%20b/it\\'s.jsonl', import.meta.url)");
    expect(source).toContain("].join(' '), values, error);");
    expect(Math.max(...source.split('\n').map(({ length }) => length))).toBeLessThan(110);
  });

  it.each(['a#b.jsonl', 'why?/a.jsonl', 'run:1.jsonl', '../100%20.jsonl'])('finds the file %s', (name) => {
    const [, path = ''] = /new URL\('(.*)', import/.exec(writeMarbleTest('', { file: name })) ?? [];

    expect(fileURLToPath(new URL(path, 'file:///app/test/a.test.ts'))).toBe(posix.join('/app/test', name));
  });

  it('escapes what an editor would not show', () => {
    const log = logOf(({ coldChunks }) => coldChunks('a|', { a: text('\u202e\u2028\u009b\\"') }));

    expect(writeMarbleTest(log, { file })).toContain(String.raw`text('\u202e\u2028\u009b\\"')`);
  });

  it('has characters for thousands of different frames', () => {
    const chunk = (nth: number) => `{"at":${nth},"chunk":{"type":"text-delta","text":"<${nth}>","block":0}}`;
    const long = (count: number) =>
      [
        '{"at":0,"chunk":{"type":"start","provider":"p","model":"m"}}',
        ...Array.from({ length: count }, (_, nth) => chunk(nth)),
      ].join('\n');
    const log = long(2_000);

    expect(() => runGenerated(writeMarbleTest(log, { file }), log)).not.toThrow();
    expect(() => writeMarbleTest(long(21_000), { file })).toThrow(
      'more different frames than there are characters',
    );
  });

  it('writes for other runners, too', () => {
    const log = logs['a limit of time']?.() ?? '';
    const importsFor = (runner: 'jest' | 'node:test') =>
      writeMarbleTest(log, { file, runner }).match(/^import .*$/gm);

    expect(importsFor('jest')).toEqual([
      "import { expect, it } from '@jest/globals';",
      "import { readFileSync } from 'node:fs';",
      "import { StreamTimeoutError } from 'rxllm';",
      "import { type ChunkValues, inVirtualTime, replayChunks, text } from 'rxllm/testing';",
    ]);
    expect(importsFor('node:test')?.slice(0, 3)).toEqual([
      "import assert from 'node:assert/strict';",
      "import { readFileSync } from 'node:fs';",
      "import { it } from 'node:test';",
    ]);
    expect(writeMarbleTest(log, { file, runner: 'node:test' })).toContain(
      'assert.equal(seen.chunks.length, 2);',
    );
  });

  it('throws where a diagram cannot tell the log', () => {
    const log = (...chunks: readonly object[]) =>
      [...chunks.map((chunk, at) => JSON.stringify({ at, chunk })), '{"at":9,"complete":true}'].join('\n');
    const start = { type: 'start', provider: 'p', model: 'm' };

    expect(() => writeMarbleTest(log({ type: 'text-delta', text: 'a', block: 0 }), { file })).toThrow(
      'writeMarbleTest: a diagram cannot tell the text "a" in block 0 at 0 ms, which is not in the grammar of a model call',
    );
    expect(() => writeMarbleTest(log(start), { file })).toThrow('cannot tell the start p m at 0 ms');
    expect(() => writeMarbleTest('{"at":0.5,"complete":true}', { file })).toThrow(
      'writeMarbleTest: the times of the log must be whole milliseconds, not 0.5; record it with a clock that counts them',
    );
    expect(() => writeMarbleTest('no', { file })).toThrow(
      'writeMarbleTest: line 1 is not of a chunk log: no',
    );
    expect(() => writeMarbleTest('', {} as never)).toThrow(
      'writeMarbleTest: file must be a string, not undefined',
    );
    expect(() => writeMarbleTest('', { file, runner: 'mocha' as never })).toThrow(
      'writeMarbleTest: runner must be vitest, jest, node:test, not mocha',
    );
  });

  it('keeps blocks and times that are not those of a diagram', () => {
    const counts = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    const log = [
      { type: 'start', provider: 'p', model: 'm' },
      { type: 'text-delta', text: 'a', block: 3 },
      { type: 'text-delta', text: 'b', block: 7 },
      { type: 'usage', usage: counts },
      { type: 'finish', reason: 'stop', usage: { ...counts, outputTokens: 2 }, metadata: {} },
    ]
      .map((chunk, at) => JSON.stringify({ at, chunk }))
      .join('\n');
    const source = writeMarbleTest(log, { file });

    expect(source).toContain("{ type: 'text-delta', text: 'a', block: 3 }");
    expect(source).toContain("{ type: 'finish', reason: 'stop', usage: {");
    expect(() => runGenerated(source, log)).not.toThrow();
  });
});
