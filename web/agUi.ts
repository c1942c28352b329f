import { catchError, concat, defer, filter, map, of } from 'rxjs';
import { isDelta } from '../operators/internal/deltas.ts';
import { checkNumber } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { errorFromFacts, isRxllmError, toErrorFacts } from '../src/errors.ts';
import { type AgUiEvent, ownName } from './agUi/events.ts';
import { readAgUi } from './agUi/read.ts';
import { AgUiWriter } from './agUi/write.ts';
import type { ChunkFormat } from './format.ts';
import { decodeEvents } from './internal/decodeEvents.ts';
import { withoutPlace } from './internal/deltaIds.ts';
import { eventStream, longestEvent, readEventStream, writeEvent } from './internal/eventStream.ts';

/** Options of {@link agUi}. */
export interface AgUiOptions {
  /** The conversation, as the client's request names it. @defaultValue a random one */
  readonly threadId?: string;
  /** The run, as the client's request names it. Ids of messages and tool calls begin with it. @defaultValue a random one */
  readonly runId?: string;
  /**
   * Ids of the calls that the client's conversation leaves open, where its run is resumed: they are not told again, and
   * their results go to where they stand. {@link readAgUiRequest} reads them.
   */
  readonly openCalls?: readonly string[];
  /**
   * Whether each chunk also goes as a custom event `rxllm`, so that {@link fromResponse} reads the very same chunks. Where
   * nobody else than an AG-UI client reads the stream they are so many bytes.
   *
   * @defaultValue true
   */
  readonly extensions?: boolean;
  /** Most characters that one event may have when it is read. @defaultValue 16777216 */
  readonly maxEventLength?: number;
}

/**
 * Chunks as events of AG-UI 1.0: for CopilotKit and every other AG-UI client, and to read what an AG-UI agent says.
 *
 * A step is a model call and the tools that it called. Every block of text is a message, tool calls belong to the one
 * before them; thinking is reasoning, and what a provider wants back with the next question an encrypted value, where
 * {@link readAgUiRequest} finds it. A run that waits for approvals ends as interrupted, one that was stopped as
 * cancelled; calls that nobody answered are left to the client.
 *
 * The protocol cannot take back what was said: a `restart` that voids some ends the run with its error. Put
 * `retryStream({ afterOutput: 'hold' })` upstream.
 *
 * Read, a run of ours is the same chunks again. One of another agent has text, thinking, tools and errors; where its
 * model calls begin and end is guessed by the tools, and the model is `unknown`.
 *
 * @example
 * ```ts
 * const { request, options } = readAgUiRequest(await context.req.json());
 * return toResponse(assistant.stream(request.messages), { format: agUi(options) });
 * ```
 *
 * @see https://docs.ag-ui.com
 */
export function agUi(options: AgUiOptions = {}): ChunkFormat {
  const { openCalls = [], extensions = true, maxEventLength = longestEvent } = options;
  checkNumber('agUi', 'maxEventLength', maxEventLength, { min: 1 });

  return {
    ...eventStream,
    encode: (source) =>
      defer(() => {
        const { threadId = crypto.randomUUID(), runId = crypto.randomUUID() } = options;
        const writer = new AgUiWriter(runId, openCalls);
        let hasBegun = false;

        const begin = (): readonly AgUiEvent[] => {
          if (hasBegun) return [];
          hasBegun = true;
          return [{ type: 'RUN_STARTED', threadId, runId }];
        };
        const take = (chunk: StreamChunk): string => {
          if (chunk.type === 'error') throw errorFromFacts(chunk.error);
          const said = writer.take(chunk);
          const isTold = isDelta(chunk) && said.length > 0;
          return write([...begin(), ...(extensions && !isTold ? [toOwn(chunk)] : []), ...said]);
        };
        const fail = (error: unknown): string => {
          const told = isRxllmError(error) ? error.toJSON() : toErrorFacts(error);
          const { message, code } = told;
          const own = toOwn({ type: 'error', error: told });
          return write([
            ...begin(),
            ...(extensions ? [own] : []),
            { type: 'RUN_ERROR', message, ...(code !== undefined && { code }) },
          ]);
        };

        return concat(
          source.pipe(
            map(take),
            filter((text) => text !== ''),
          ),
          defer(() => of(write([...begin(), ...writer.end(threadId)]))),
        ).pipe(catchError((error: unknown) => of(fail(error))));
      }),
    decode: decodeEvents({
      read: (onEvent) => readEventStream(onEvent, maxEventLength),
      map: readAgUi,
    }),
  };
}

function toOwn(chunk: StreamChunk): AgUiEvent {
  return { type: 'CUSTOM', name: ownName, value: withoutPlace(chunk) };
}

function write(events: readonly AgUiEvent[]): string {
  return events.map((event) => writeEvent({ data: JSON.stringify(event) })).join('');
}
