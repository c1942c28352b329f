import {
  catchError,
  concat,
  defer,
  endWith,
  filter,
  from,
  ignoreElements,
  merge,
  type Observable,
  type ObservableInput,
  of,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { webSocket } from 'rxjs/webSocket';
import { OpenCall } from '../operators/internal/openCall.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { errorFromFacts, ProviderError, StreamInterruptedError } from '../src/errors.ts';
import { checkInput, type SocketFrame, type SocketInput } from './internal/socketFrames.ts';

/** Options of {@link fromWebSocket}. */
export interface FromWebSocketOptions {
  /** The protocols that the socket offers. @defaultValue none */
  readonly protocol?: string | string[];
  /** Makes the socket. @defaultValue the global one */
  readonly WebSocket?: new (url: string, protocols?: string | string[]) => WebSocket;
}

/**
 * Has a conversation over a WebSocket: sends what is put in, and emits the chunks of all turns.
 *
 * What is put in is what {@link serveWebSocket} takes: messages, each of which begins a turn, `stop` and `approve`.
 * The socket is opened at subscription, so that nothing is connected on a server that renders the page. The result
 * completes, and the socket is closed, when the input has completed and all turns have ended, and when the server closes
 * it in good order (1000, or without a code) between two turns.
 *
 * ```text
 * input:   m------------m-|        m: { message }
 * result:  ---s-a-b-f------s-(f|)  fromWebSocket(url, input), s: start, a b: text, f: finish
 * ```
 *
 * Errors with what a turn failed with, with {@link InvalidRequestError} where the input is none, or the server does not
 * take it, and with {@link StreamInterruptedError} where the connection is lost or closed within a turn; each closes the
 * socket. Unsubscribing closes it too,
 * whereupon the server aborts the turn.
 *
 * @example
 * ```ts
 * const input = new Subject<SocketInput>();
 * fromWebSocket('wss://example.com/chat', input).pipe(accumulateResponse()).subscribe(show);
 * input.next({ message: 'Hello' });
 * ```
 */
export function fromWebSocket(
  url: string,
  input: ObservableInput<SocketInput>,
  { protocol, WebSocket }: FromWebSocketOptions = {},
): Observable<StreamChunk> {
  return defer(() => {
    const call = new OpenCall('all');
    const socket = webSocket<unknown>({
      url,
      ...(protocol !== undefined && { protocol }),
      ...(WebSocket && { WebSocketCtor: WebSocket }),
      closeObserver: { next: (event) => (closed = event) },
    });
    let closed: CloseEvent | undefined;
    let openTurns = 0;
    let isInputOver = false;

    const lost = (cause: unknown) => {
      if (cause instanceof SyntaxError) {
        const details = { ...call.details, code: 'malformed-event', retryable: true, cause };
        return new ProviderError(`A frame cannot be read: ${cause.message}`, details);
      }
      return new StreamInterruptedError(`The connection was lost: ${whyClosed(closed)}`, {
        ...call.details,
        cause,
      });
    };
    const received = concat(socket as Observable<SocketFrame>, of('closed' as const)).pipe(
      catchError((error: unknown) => throwError(() => lost(error))),
    );
    const sent = from(input).pipe(
      tap((one) => {
        const checked = checkInput(one);
        if ('refused' in checked) throw checked.refused;
        if ('message' in one) openTurns += 1;
        socket.next(one);
      }),
      ignoreElements(),
      endWith('over' as const),
    );
    /** Takes what comes, and tells whether more is to come. */
    const see = (seen: Seen) => {
      if (seen === 'closed') {
        if (openTurns === 0 && isInGoodOrder(closed)) return false;
        throw lost(closed);
      }
      if (seen === 'over') isInputOver = true;
      else if (seen.type === 'end') openTurns -= 1;
      else if (seen.type === 'error' || seen.type === 'input-error') throw errorFromFacts(seen.error);
      else call.take(seen);
      return !isInputOver || openTurns > 0;
    };

    return merge(received, sent).pipe(takeWhile(see), filter(isChunk));
  });
}

/** What comes, the end of the input, and the socket closing without trouble on the way. */
type Seen = SocketFrame | 'over' | 'closed';

function isChunk(seen: Seen): seen is Exclude<SocketFrame, { type: 'end' | 'input-error' }> {
  return seen !== 'over' && seen !== 'closed' && seen.type !== 'end';
}

/** 1005: the server has given no code. */
function isInGoodOrder(closed: CloseEvent | undefined): boolean {
  return closed?.code === 1000 || closed?.code === 1005;
}

function whyClosed(closed: CloseEvent | undefined): string {
  if (!closed) return 'it failed';
  const why = closed.reason ? `${closed.code}, ${closed.reason}` : `${closed.code}`;
  return isInGoodOrder(closed)
    ? `the server closed it before the end of the answer (${why})`
    : `it was closed (${why})`;
}
