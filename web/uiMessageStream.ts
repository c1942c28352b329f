import { catchError, concat, defer, filter, map, of } from 'rxjs';
import { isDelta } from '../operators/internal/deltas.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { errorFromFacts, isRxllmError, toErrorFacts } from '../src/errors.ts';
import type { ChunkFormat } from './format.ts';
import { decodeEvents } from './internal/decodeEvents.ts';
import { withoutPlace } from './internal/deltaIds.ts';
import { eventStream, longestEvent, readEventStream, writeEvent } from './internal/eventStream.ts';
import { checkNumber } from '../src/checkOptions.ts';
import { ownType, type UIEvent } from './uiMessageStream/events.ts';
import { readUIMessageStream } from './uiMessageStream/read.ts';
import { UIMessageWriter } from './uiMessageStream/write.ts';

/** Options of {@link uiMessageStream}. */
export interface UIMessageStreamOptions {
  /** Id of the message, as you store it. @defaultValue the client makes one */
  readonly messageId?: string;
  /**
   * Ids of the calls that the client's last message leaves open, where its run is resumed: they are not told again, and
   * their results go to where they stand. {@link readUIMessageRequest} reads them.
   */
  readonly openCalls?: readonly string[];
  /**
   * Whether each chunk also goes as a `data-rxllm` part, so that {@link fromResponse} reads the very same chunks. `useChat`
   * hands these parts to `onData` and keeps none of them; where nobody else reads the stream they are so many bytes.
   *
   * @defaultValue true
   */
  readonly extensions?: boolean;
  /** Most characters that one event may have when it is read. @defaultValue 16777216 */
  readonly maxEventLength?: number;
}

/**
 * Chunks as the UI message stream of the AI SDK, version 7: for `useChat`, and to read what a server of the AI SDK says.
 *
 * A step is a model call and the tools that it called. Thinking is reasoning, progress of a tool a preliminary output, a
 * graceful stop an `abort`, and a `restart` a `reset-step`, which takes back what the step has said. What a provider
 * wants back with the next question is kept in the parts' metadata, where {@link readUIMessageRequest} finds it.
 * The message's metadata are model, usage, cost and duration.
 *
 * Read, a stream of ours is the same chunks again. One of the AI SDK has text, thinking, tools, sources, steps and
 * errors; what it does not tell is made up: the model is `unknown`, usage there is none.
 *
 * @example
 * ```ts
 * const { request } = readUIMessageRequest(await context.req.json());
 * return toResponse(assistant.stream(request.messages), { format: uiMessageStream() });
 * ```
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
export function uiMessageStream(options: UIMessageStreamOptions = {}): ChunkFormat {
  const { messageId, openCalls = [], extensions = true, maxEventLength = longestEvent } = options;
  checkNumber('uiMessageStream', 'maxEventLength', maxEventLength, { min: 1 });

  return {
    ...eventStream,
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    encode: (source) =>
      defer(() => {
        const writer = new UIMessageWriter(openCalls);
        let hasBegun = false;

        const begin = (): readonly UIEvent[] => {
          if (hasBegun) return [];
          hasBegun = true;
          return [{ type: 'start', ...(messageId !== undefined && { messageId }) }];
        };
        const take = (chunk: StreamChunk): string => {
          if (chunk.type === 'error') throw errorFromFacts(chunk.error);
          const said = writer.take(chunk);
          const isTold = isDelta(chunk) && said.length > 0;
          return write([...begin(), ...(extensions && !isTold ? [toOwn(chunk, writer)] : []), ...said]);
        };
        const fail = (error: unknown): string => {
          const told = isRxllmError(error) ? error.toJSON() : toErrorFacts(error);
          const own = toOwn({ type: 'error', error: told }, writer);
          return write([...(extensions ? [own] : []), { type: 'error', errorText: told.message }]);
        };

        return concat(
          source.pipe(
            map(take),
            filter((text) => text !== ''),
          ),
          defer(() => of(write([...begin(), ...writer.end()]) + writeEvent({ data: '[DONE]' }))),
        ).pipe(catchError((error: unknown) => of(fail(error))));
      }),
    decode: decodeEvents({
      read: (onEvent) => readEventStream(onEvent, maxEventLength),
      map: readUIMessageStream,
    }),
  };
}

/** A part that no message keeps. */
function toOwn(chunk: StreamChunk, writer: UIMessageWriter): UIEvent {
  const id = chunk.type === 'tool-call-start' ? writer.idOf(chunk.block) : undefined;
  return { type: ownType, ...(id !== undefined && { id }), data: withoutPlace(chunk), transient: true };
}

function write(events: readonly UIEvent[]): string {
  return events.map((event) => writeEvent({ data: JSON.stringify(event) })).join('');
}
