import {
  asyncScheduler,
  defer,
  filter,
  finalize,
  fromEventPattern,
  interval,
  map,
  merge,
  mergeMap,
  type Observable,
  concatMap,
  EMPTY,
  of,
  type SchedulerLike,
  share,
  Subscription,
  take,
  takeUntil,
} from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import type { ApprovalGate } from '../src/tool.ts';
import { withEnd } from './internal/jsonEvents.ts';
import { paced } from './internal/paced.ts';
import { readInput, refuse, type SocketFrame } from './internal/socketFrames.ts';
import { readAhead, withoutForeignErrors } from './internal/writeBody.ts';

/** What the other side says during a turn. */
export interface SocketTurn {
  /** Emits when the client wants the turn to end; for {@link interruptOn}. */
  readonly stopped: Observable<unknown>;
  /** Asks the client whether a call may run, for {@link executeTools}; the `approval-request` is what it sees. */
  readonly approve: ApprovalGate;
}

/** A socket on the server: that of `ws`, Deno, Bun or Cloudflare. */
export interface ServerSocket {
  readonly readyState: number;
  readonly bufferedAmount?: number;
  send(text: string): unknown;
  close(): unknown;
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: object) => void): unknown;
  removeEventListener(type: 'message' | 'close' | 'error', listener: (event: object) => void): unknown;
}

/** Options of {@link serveWebSocket}. */
export interface ServeWebSocketOptions {
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** How many messages may wait for their turn. */
const mostWaiting = 16;
/** How often to look whether a client that was too slow has caught up, in milliseconds. */
const patience = 20;

/**
 * Answers the messages that come over a WebSocket, one turn after the other.
 *
 * What comes in is JSON: `{ "message": … }` begins a turn, or waits until the one before has ended;
 * `{ "stop": true }` and `{ "approve": { "toolCallId": …, "approved": true } }` are for the turn under way. What goes out is one chunk a
 * frame, then `{ "type": "end" }`, or an `error` chunk where the turn failed; the socket stays open for the next. Input
 * that is none of these is answered with `{ "type": "input-error", "error": … }`, outside of any turn.
 *
 * It begins at once. The client leaving unsubscribes, which aborts the request to the model; so does unsubscribing
 * from the result, which leaves the socket open. While the client is slow neighbouring deltas become one.
 *
 * ```text
 * in:      m-----o---m----         m: a message, o: stop
 * 1st:     s-a-b-(f|)              s: start, a b: text, f: finish
 * 2nd:               s-f|
 * out:     s-a-b-(fe)s-fe          serveWebSocket(handler, socket), e: the end
 * ```
 *
 * @example
 * ```ts
 * new WebSocketServer({ port: 3000 }).on('connection', (socket) => {
 *   serveWebSocket(
 *     (message, { stopped, approve }) =>
 *       model.stream(String(message)).pipe(interruptOn(stopped), executeTools(tools, { approve })),
 *     socket,
 *   );
 * });
 * ```
 *
 * @see {@link fromWebSocket} for the other side.
 */
export function serveWebSocket(
  handler: (message: unknown, turn: SocketTurn) => Observable<StreamChunk>,
  socket: ServerSocket,
  { scheduler = asyncScheduler }: ServeWebSocketOptions = {},
): Subscription {
  if (socket.readyState > 1) return Subscription.EMPTY;
  const event = (type: 'message' | 'close' | 'error') =>
    fromEventPattern<{ readonly data?: unknown }>(
      (listener) => socket.addEventListener(type, listener),
      (listener) => socket.removeEventListener(type, listener),
    );
  const pace = {
    isBusy: () => (socket.bufferedAmount ?? 0) >= readAhead,
    ready: interval(patience, scheduler),
  };
  let waiting = 0;

  const input = event('message').pipe(
    map(({ data }) => readInput(data)),
    map((given) => {
      if (!('message' in given)) return given;
      if (waiting > mostWaiting) return refuse(`More than ${mostWaiting} messages wait for an answer`);
      waiting += 1;
      return given;
    }),
    share(),
  );
  const turn: SocketTurn = {
    stopped: input.pipe(filter((given) => 'stop' in given)),
    approve: ({ toolCallId }) =>
      input.pipe(
        mergeMap((given) => ('approve' in given ? [given.approve] : [])),
        filter((decision) => decision.toolCallId === toolCallId),
        take(1),
      ),
  };
  const answer = (message: unknown): Observable<SocketFrame> =>
    defer(() => handler(message, turn)).pipe(
      withoutForeignErrors(),
      paced(pace),
      withEnd(),
      finalize(() => (waiting -= 1)),
    );

  const turns = input.pipe(concatMap((given) => ('message' in given ? answer(given.message) : EMPTY)));
  const refusals = input.pipe(
    mergeMap((given) =>
      'refused' in given ? of<SocketFrame>({ type: 'input-error', error: given.refused.toJSON() }) : EMPTY,
    ),
  );
  return merge(refusals, turns)
    .pipe(
      map((frame) => JSON.stringify(frame)),
      takeUntil(merge(event('close'), event('error'))),
    )
    .subscribe({ next: (text) => void socket.send(text), error: () => socket.close() });
}
