import { map, type OperatorFunction } from 'rxjs';
import { z } from 'zod';
import type { FinishChunk, FinishReason, Schema, StreamChunk } from '../../src/index.ts';
import { chunks } from '../chunks.ts';

export const cities = z.object({ city: z.string(), days: z.array(z.object({ high: z.number() })) });

/** Chunks of text by letters; together with {@link chunks} the values of a diagram. */
export function texts<const Names extends string>(
  pieces: Readonly<Record<Names, string>>,
  block = 0,
): Record<Names, StreamChunk> {
  return mapValues(pieces, (text): StreamChunk => ({ type: 'text-delta', text, block }));
}

/** The pieces of the arguments of a call of the tool `weather`. */
export function deltas<const Names extends string>(
  pieces: Readonly<Record<Names, string>>,
  block = 0,
): Record<Names, StreamChunk> {
  return mapValues(pieces, (argumentsDelta): StreamChunk => ({
    type: 'tool-call-delta',
    toolCallId: `call_${block}`,
    argumentsDelta,
    block,
  }));
}

export function finishBy(reason: FinishReason): FinishChunk {
  return { ...chunks.f, reason };
}

/** The letters of the tests as JSON: together they are an array of strings. */
export function asArray<Result>(
  operator: OperatorFunction<StreamChunk, Result>,
): OperatorFunction<StreamChunk, Result> {
  return (source) =>
    source.pipe(
      map((chunk) =>
        chunk.type === 'text-delta' ? { ...chunk, text: chunk.text === 'a' ? '["a",' : '"b"]' } : chunk,
      ),
      operator,
    );
}

/** A schema that answers with a Promise. */
export function later<Output>(schema: z.ZodType<Output>): Schema<Output> {
  return schema.refine(() => Promise.resolve(true));
}

function mapValues<Names extends string, Value>(
  pieces: Readonly<Record<Names, string>>,
  toValue: (piece: string) => Value,
): Record<Names, Value> {
  const entries = Object.entries<string>(pieces).map(([name, piece]) => [name, toValue(piece)] as const);
  return Object.fromEntries(entries) as Record<Names, Value>;
}
