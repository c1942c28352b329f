import { catchError, concat, concatMap, defer, endWith, map, type Observable, of } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import type { ChunkFormat } from './format.ts';
import { eventStream, writeEvent } from './internal/eventStream.ts';
import { CompletionFacts, type OpenaiOptions } from './openai/completionFacts.ts';
import { ChatDeltas } from './openai/deltas.ts';
import type { ChatCompletionChunk, ChatDelta } from './openai/wire.ts';
import { toOpenaiError } from './toOpenaiError.ts';

export type { OpenaiOptions } from './openai/completionFacts.ts';

/**
 * Chunks as the stream of an OpenAI-compatible server: Chat Completions, for every client that speaks it.
 *
 * The client sees one message, however many rounds an agent needs for it: the text of all rounds as it comes, set apart
 * by a blank line, thinking as `reasoning_content`, one `finish_reason`, the usage of all calls. It is shown the calls of
 * its own tools, which it has to run; a tool that runs on this side is none of its business.
 *
 * Written text cannot be taken back: a `restart` that voids some ends the stream with its error. Put
 * `retryStream({ afterOutput: 'hold' })` upstream. It cannot be read back either; `openaiChat` is what reads it.
 *
 * ```text
 * source:  s-a-b-f|           s: start, a b: text, f: finish
 * result:  r-a-b--(fd|)       openaiFormat(), r: the role, d: [DONE]
 * ```
 *
 * @example
 * ```ts
 * const { request, options } = readOpenaiRequest(await context.req.json());
 * return toResponse(model.stream(request), { format: openaiFormat(options) });
 * ```
 *
 * @see {@link openaiEndpoint} for the whole server: without a stream, and with errors that have their status.
 */
export function openaiFormat(options: OpenaiOptions = {}): ChunkFormat {
  return {
    ...eventStream,
    encode: (source) =>
      source.pipe(
        toCompletionChunks(options),
        map((chunk) => writeEvent({ data: JSON.stringify(chunk) })),
        endWith(writeEvent({ data: '[DONE]' })),
        catchError((error: unknown) => of(writeEvent({ data: JSON.stringify(toOpenaiError(error).body) }))),
      ),
  };
}

function toCompletionChunks(
  options: OpenaiOptions,
): (source: Observable<StreamChunk>) => Observable<ChatCompletionChunk> {
  return (source) =>
    defer(() => {
      const facts = new CompletionFacts(options);
      const deltas = new ChatDeltas(options);
      const { includeUsage = false } = options;
      let hasRole = false;

      const write = (
        delta: ChatDelta,
        reason: ChatCompletionChunk['choices'][number]['finish_reason'] = null,
      ): ChatCompletionChunk => ({
        ...facts.told,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, finish_reason: reason, logprobs: null }],
        ...(includeUsage && { usage: null }),
      });
      const begin = (): readonly ChatCompletionChunk[] => {
        if (hasRole) return [];
        hasRole = true;
        return [write({ role: 'assistant', content: '' })];
      };
      const take = (chunk: StreamChunk): readonly ChatCompletionChunk[] => {
        const added = deltas.take(chunk);
        facts.take(chunk);
        if (chunk.type === 'start') return begin();
        return added.map((delta) => write(delta));
      };
      const end = (): readonly ChatCompletionChunk[] => {
        const { reason, usage } = deltas;
        const hasUsage = includeUsage && usage;
        return [...begin(), write({}, reason), ...(hasUsage ? [{ ...write({}), choices: [], usage }] : [])];
      };

      return concat(source.pipe(concatMap(take)), defer(end));
    });
}
