import type { StreamChunk } from '../src/chunk.ts';
import { GrammarError } from '../src/errors.ts';
import { type ChunkDraft, fakeOrigin, finish, text, thinking, usage } from './chunkDraft.ts';
import { ChunkWriter } from './chunkWriter.ts';
import { findDifference } from './difference.ts';
import { describeChunk } from './format.ts';
import { toSource } from './toSource.ts';

/** A chunk and when it came. */
export interface TimedChunk {
  readonly frame: number;
  readonly chunk: StreamChunk;
}

/** A chunk as it is written in the values of a diagram. */
export interface WrittenChunk {
  readonly source: string;
  /** What the source needs of `rxllm/testing`. */
  readonly imports: readonly string[];
}

interface Written extends WrittenChunk {
  readonly draft: ChunkDraft;
}

/**
 * Writes chunks as values of a diagram, without what their places in it tell.
 *
 * @throws {GrammarError} where a diagram cannot tell these chunks
 */
export function writeChunks(chunks: readonly TimedChunk[], completed: boolean): WrittenChunk[] {
  const whole = new Set<TimedChunk>();

  // What its place tells wrongly is written as a whole, and that may tell the places behind it otherwise.
  for (;;) {
    const written = chunks.map((each) => (whole.has(each) ? asWhole(each.chunk) : shorten(each.chunk)));
    const wrong = findWrong(chunks, written, completed);
    const untold = wrong.find((each) => whole.has(each));
    if (untold) {
      throw new GrammarError(
        `writeMarbleTest: a diagram cannot tell the ${describeChunk(untold.chunk)} at ${untold.frame} ms, which is not in the grammar of a model call`,
      );
    }
    if (wrong.length === 0) return written;
    wrong.forEach((each) => whole.add(each));
  }
}

/** The chunks of which a diagram would make others. */
function findWrong(
  chunks: readonly TimedChunk[],
  written: readonly Written[],
  completed: boolean,
): readonly TimedChunk[] {
  const writer = new ChunkWriter(fakeOrigin);
  const wrong = chunks.filter(({ frame, chunk }, index) => {
    const made = writer.write(written[index]?.draft ?? chunk, frame);
    return findDifference(made, [chunk]) !== undefined;
  });
  // Before `|` a diagram closes the call that is open.
  const isUnfinished = completed && writer.complete(0).length > 0;
  return isUnfinished ? [...wrong, ...chunks.slice(-1)] : wrong;
}

function asWhole(chunk: StreamChunk): Written {
  return { draft: chunk, source: toSource(chunk), imports: [] };
}

/** A chunk without what a diagram tells by itself. */
function shorten(chunk: StreamChunk): Written {
  switch (chunk.type) {
    case 'text-delta':
      return { draft: text(chunk.text), source: `text(${toSource(chunk.text)})`, imports: ['text'] };
    case 'thinking-delta': {
      const { text: content, kind } = chunk;
      const rest = kind === 'thinking' ? '' : `, ${toSource(kind)}`;
      const source = `thinking(${toSource(content)}${rest})`;
      return { draft: thinking(content, kind), source, imports: ['thinking'] };
    }
    case 'usage':
      return { draft: usage(chunk.usage), source: `usage(${toSource(chunk.usage)})`, imports: ['usage'] };
    case 'finish': {
      const { reason, rawReason, metadata } = chunk;
      if (rawReason !== undefined || Object.keys(metadata).length > 0) return withoutBlock(chunk);
      return { draft: finish(reason), source: `finish(${toSource(reason)})`, imports: ['finish'] };
    }
    default:
      return withoutBlock(chunk);
  }
}

function withoutBlock(chunk: StreamChunk): Written {
  const fields = Object.entries(chunk).filter(([key]) => key !== 'block');
  const draft = Object.fromEntries(fields) as unknown as ChunkDraft;
  return { draft, source: toSource(draft), imports: [] };
}
