import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  accumulateText,
  collectResponse,
  type CollectedResponse,
  ofType,
  selectText,
  shareRun,
} from '../../operators/index.ts';
import type { ChunkOf, InferOutput, LanguageModel, Schema, StreamChunk } from '../../src/index.ts';

declare const model: LanguageModel;

test('a stream is an Observable of chunks, and operators change its type', () => {
  expectTypeOf(model.stream('Hi')).toEqualTypeOf<Observable<StreamChunk>>();
  expectTypeOf(model.stream('Hi').pipe(selectText())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(model.stream('Hi').pipe(accumulateText())).toEqualTypeOf<Observable<string>>();
  expectTypeOf(model.stream('Hi').pipe(collectResponse())).toEqualTypeOf<Observable<CollectedResponse>>();
  expectTypeOf(model.stream('Hi').pipe(shareRun())).toEqualTypeOf<Observable<StreamChunk>>();
});

test('ofType narrows', () => {
  expectTypeOf(model.stream('Hi').pipe(ofType('text-delta', 'finish'))).toEqualTypeOf<
    Observable<ChunkOf<'text-delta' | 'finish'>>
  >();
});

test('a chunk is told apart by its type', () => {
  const chunk = {} as StreamChunk;
  if (chunk.type === 'tool-call') expectTypeOf(chunk.toolName).toEqualTypeOf<string>();
});

test('schemas of zod are schemas, and their output is inferred', () => {
  const schema = z.object({ city: z.string() });

  expectTypeOf(schema).toExtend<Schema>();
  expectTypeOf<InferOutput<typeof schema>>().toEqualTypeOf<{ city: string }>();
});
