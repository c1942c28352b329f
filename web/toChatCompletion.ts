import { concat, defer, ignoreElements, of, type OperatorFunction, tap } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { CompletionFacts, type OpenaiOptions } from './openai/completionFacts.ts';
import { ChatDeltas } from './openai/deltas.ts';
import { CollectedMessage } from './openai/message.ts';
import type { ChatCompletion } from './openai/wire.ts';

export type { ChatCompletion, ChatMessage, ChatToolCall, ChatUsage } from './openai/wire.ts';

/**
 * Collects an answer into the one object that an OpenAI-compatible server gives where no stream was asked for.
 *
 * It emits once, when the stream completes. What it tells is what {@link openaiFormat} would have written; a `restart`
 * is no harm here, since nothing has left yet.
 *
 * ```text
 * source:  s-a-b-f|
 * result:  -------(m|)        toChatCompletion(), m: a ChatCompletion
 * ```
 *
 * Errors with what the stream errors with; {@link toOpenaiError} makes a body of it. Unsubscribing unsubscribes.
 *
 * @example
 * ```ts
 * const { request, options } = readOpenaiRequest(body);
 * model.stream(request).pipe(toChatCompletion(options)).subscribe((completion) => response.json(completion));
 * ```
 */
export function toChatCompletion(options: OpenaiOptions = {}): OperatorFunction<StreamChunk, ChatCompletion> {
  return (source) =>
    defer(() => {
      const facts = new CompletionFacts(options);
      const deltas = new ChatDeltas(options);
      const message = new CollectedMessage();
      /** The open call, which a restart may void. */
      let open: StreamChunk[] = [];

      const settle = () => {
        for (const chunk of open) for (const delta of deltas.take(chunk)) message.add(delta);
        open = [];
      };
      const take = (chunk: StreamChunk) => {
        facts.take(chunk);
        if (chunk.type === 'start') settle();
        // A restart behind a finish voids nothing.
        if (chunk.type === 'restart' && open[0]?.type === 'start') open = [];
        else open.push(chunk);
        if (chunk.type === 'finish') settle();
      };
      const complete = () => {
        settle();
        const { reason, usage } = deltas;
        return of<ChatCompletion>({
          ...facts.told,
          object: 'chat.completion',
          choices: [{ index: 0, message: message.told, finish_reason: reason, logprobs: null }],
          ...(usage && { usage }),
        });
      };

      return concat(source.pipe(tap(take), ignoreElements()), defer(complete));
    });
}
