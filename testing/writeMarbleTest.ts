import { checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { StreamInterruptedError, toErrorFacts } from '../src/errors.ts';
import { type ChunkLog, readMessages } from './chunkLog.ts';
import type { TestMessage } from './chunkMessages.ts';
import { markOfValue } from './legend.ts';
import { logHasNoEnd } from './replayChunks.ts';
import { quote, toSource } from './toSource.ts';
import { type TimedChunk, writeChunks, type WrittenChunk } from './writtenChunks.ts';

/** Options of {@link writeMarbleTest}. */
export interface WriteMarbleTestOptions {
  /** The file of the log, as a path from the test. */
  readonly file: string;
  /** What runs the test. @defaultValue 'vitest' */
  readonly runner?: 'vitest' | 'jest' | 'node:test';
}

/**
 * Writes a marble test of a log of {@link recordChunks}: the source text of a module that runs as it is.
 *
 * The test replays the log in virtual time and expects the chunks that are in it now, each at its millisecond, and the
 * typed error at the end if there is one. Put the operators under test between the two, and change what you expect. Of
 * a log without an end, whose reader had left, it expects the error that {@link replayChunks} gives there.
 *
 * ```text
 * log:   at 0: start, at 240: text 'Hello', at 255: finish, at 256: complete
 * test:  expectChunks(stream).toBe('s 239ms H 14ms f|', { s: { type: 'start', … }, H: text('Hello'), f: finish('stop') })
 * ```
 *
 * @throws {GrammarError} at a line that is not of such a log, and where the chunks are not in the grammar of model
 * calls, which is what a diagram of chunks can tell
 * @throws {TypeError} where the file is no string
 * @throws {RangeError} where a time is no whole number of milliseconds, or an option is wrong
 *
 * @example
 * ```ts
 * const log = readFileSync('session.jsonl', 'utf8');
 * writeFileSync('session.test.ts', writeMarbleTest(log, { file: 'session.jsonl' }));
 * ```
 *
 * @see {@link drawChunks} for a picture of the same log.
 */
export function writeMarbleTest(log: ChunkLog, options: WriteMarbleTestOptions): string {
  const { file, runner = 'vitest' } = options;
  if (typeof file !== 'string')
    throw new TypeError(`writeMarbleTest: file must be a string, not ${typeof file}`);
  checkOneOf('writeMarbleTest', 'runner', runner, Object.keys(runners));
  const messages = readMessages('writeMarbleTest', log);
  const fraction = messages.find(({ frame }) => !Number.isInteger(frame));
  if (fraction) {
    throw new RangeError(
      `writeMarbleTest: the times of the log must be whole milliseconds, not ${fraction.frame}; record it with a clock that counts them`,
    );
  }
  const chunks = messages.flatMap(({ frame, notification }): TimedChunk[] =>
    notification.kind === 'N' ? [{ frame, chunk: notification.value as StreamChunk }] : [],
  );
  const end = endOf(messages);
  const written = writeChunks(chunks, end.mark === '|');
  const { units, values } = writeFrames(chunks, written, end);
  const error = end.error === undefined ? undefined : writeError(end.error);
  const { modules, expectation } = runners[runner];
  const used = new Set([
    'ChunkValues',
    'inVirtualTime',
    'replayChunks',
    ...written.flatMap(({ imports }) => imports),
  ]);
  const names = [...used].sort(byName).map((name) => (name === 'ChunkValues' ? `type ${name}` : name));

  return [
    ...[
      "import { readFileSync } from 'node:fs';",
      ...(error === undefined ? [] : [`import { ${error.className} } from 'rxllm';`]),
      `import { ${names.join(', ')} } from 'rxllm/testing';`,
      ...modules,
    ].sort((one, other) => byName(moduleOf(one), moduleOf(other))),
    '',
    `const log = readFileSync(new URL(${quote(toUrl(file))}, import.meta.url), 'utf8');`,
    '',
    'it(',
    `  ${quote(`gives the chunks of ${file}`)},`,
    '  inVirtualTime(({ expectChunks, recordTimeline, flush }) => {',
    '    const values: ChunkValues = {',
    ...values.map(([character, source]) => `      ${character}: ${source},`),
    '    };',
    ...(error === undefined ? [] : [`    const error = ${error.source};`]),
    '    // The operators under test go here: replayChunks(log).pipe(…)',
    '    const stream = replayChunks(log);',
    '    const seen = recordTimeline(stream);',
    '',
    `    expectChunks(stream).toBe(${writeDiagram(units)}, values${error === undefined ? '' : ', error'});`,
    '    flush();',
    `    ${expectation(chunks.length)}`,
    '  }),',
    ');',
    '',
  ].join('\n');
}

/** What each runner needs, and how it counts the chunks: one of its own expectations that a test may have to have. */
const runners = {
  vitest: {
    modules: ["import { expect, it } from 'vitest';"],
    expectation: (count: number) => `expect(seen.chunks).toHaveLength(${count});`,
  },
  jest: {
    modules: ["import { expect, it } from '@jest/globals';"],
    expectation: (count: number) => `expect(seen.chunks).toHaveLength(${count});`,
  },
  'node:test': {
    modules: ["import assert from 'node:assert/strict';", "import { it } from 'node:test';"],
    expectation: (count: number) => `assert.equal(seen.chunks.length, ${count});`,
  },
} as const;

/** A path as a relative URL, whatever is in its names. */
function toUrl(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function byName(one: string, other: string): number {
  return one.toLowerCase() < other.toLowerCase() ? -1 : 1;
}

function moduleOf(line: string): string {
  return line.slice(line.indexOf("'"));
}

interface End {
  readonly frame: number;
  readonly mark: '|' | '#';
  readonly error?: unknown;
}

/** How the replay of a log ends. */
function endOf(messages: readonly TestMessage[]): End {
  const { frame = 0, notification } = messages.at(-1) ?? {};
  if (notification?.kind === 'C') return { frame, mark: '|' };
  const error: unknown =
    notification?.kind === 'E' ? notification.error : new StreamInterruptedError(logHasNoEnd);
  return { frame, mark: '#', error };
}

/** Gaps of more frames are told in words. */
const longestGap = 3;

/** The frames as parts of a diagram, and what their characters stand for; equal frames share one. */
function writeFrames(
  chunks: readonly TimedChunk[],
  written: readonly WrittenChunk[],
  end: End,
): { readonly units: readonly string[]; readonly values: readonly (readonly [string, string])[] } {
  const characters = new Map<string, string>();
  const taken = new Set<string>();
  const units: string[] = [];
  let next = 0;
  const place = (frame: number, marks: string) => {
    const gap = frame - next;
    units.push((gap > longestGap ? `${gap}ms ` : '-'.repeat(gap)) + marks);
    next = frame + 1;
  };
  for (const [frame, inFrame] of toFrames(chunks)) {
    const sources = inFrame.map((index) => written[index]?.source ?? '');
    const source = writeValue(sources);
    const own = inFrame.map((index) => chunks[index]?.chunk).find((chunk) => chunk?.type !== 'start');
    const character =
      characters.get(source) ??
      markOfValue(own ?? 'start', (each) => !taken.has(each))?.character ??
      furtherCharacter(taken.size);
    characters.set(source, character);
    taken.add(character);
    place(frame, frame === end.frame ? `(${character}${end.mark})` : character);
  }
  if (next <= end.frame) place(end.frame, end.mark);
  return { units, values: [...characters].map(([source, character]) => [character, source]) };
}

/** The indices of the chunks of each frame. */
function toFrames(chunks: readonly TimedChunk[]): Map<number, number[]> {
  const frames = new Map<number, number[]>();
  for (const [index, { frame }] of chunks.entries()) {
    const inFrame = frames.get(frame);
    if (inFrame) inFrame.push(index);
    else frames.set(frame, [index]);
  }
  return frames;
}

function writeValue(sources: readonly string[]): string {
  const line = sources.length === 1 ? sources.join('') : `[${sources.join(', ')}]`;
  if (sources.length === 1 || line.length <= longestLine) return line;
  return `[\n${sources.map((source) => `        ${source},\n`).join('')}      ]`;
}

/** Beyond the alphabets there are ideographs, which names of fields may have, too. */
function furtherCharacter(nth: number): string {
  const code = 0x4e00 + nth;
  if (code > 0x9fff)
    throw new RangeError('writeMarbleTest: the log has more different frames than there are characters');
  return String.fromCodePoint(code);
}

const longestLine = 90;

/** A diagram as source text; a long one in several lines, since a space in it means nothing. */
function writeDiagram(units: readonly string[]): string {
  const lines: string[] = [''];
  for (const unit of units) {
    const line = lines.pop() ?? '';
    const isTime = /^\d/u.test(unit) && line !== '';
    if (line.length + unit.length > longestLine) lines.push(line, unit);
    else lines.push(line + (isTime ? ' ' : '') + unit);
  }
  const [only = '', ...more] = lines.map(quote);
  if (more.length === 0) return only;
  return `[\n${[only, ...more].map((line) => `      ${line},`).join('\n')}\n    ].join(' ')`;
}

/** Errors that may or may not be retried; of the others the class tells it. */
const retryableByDetail = ['ProviderError', 'StructuredOutputError'];

function writeError(error: unknown): { readonly className: string; readonly source: string } {
  const { name: className, message, retryable, ...facts } = toErrorFacts(error);
  const details = { ...facts, ...(retryableByDetail.includes(className) && { retryable }) };
  const more = Object.keys(details).length === 0 ? '' : `, ${toSource(details)}`;
  return { className, source: `new ${className}(${quote(message)}${more})` };
}
