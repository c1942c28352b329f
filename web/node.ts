/**
 * Answers to a server of Node: node:http, Express, Fastify.
 *
 * @module
 */
import { fromEvent, merge, type Observable, Subscription, takeUntil, tap } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { type BodyOptions, writeBody } from './internal/writeBody.ts';

export type { BodyOptions } from './internal/writeBody.ts';

/** A response of node:http, node:http2 or Express, `reply.raw` of Fastify. */
export interface NodeResponse {
  readonly req: { readonly method?: string | undefined };
  readonly headersSent: boolean;
  readonly destroyed?: boolean;
  /** Of http2, whose responses do not tell that they are destroyed. */
  readonly stream?: { readonly destroyed: boolean };
  readonly writableEnded: boolean;
  readonly writableNeedDrain?: boolean;
  setHeader(name: string, value: string): unknown;
  flushHeaders?(): unknown;
  write(text: string): boolean;
  end(): unknown;
  destroy(): unknown;
  addListener(event: string, listener: (...values: unknown[]) => void): object;
  removeListener(event: string, listener: (...values: unknown[]) => void): object;
  /** What compression adds. */
  flush?(): unknown;
}

/**
 * Answers a request with chunks: for Express, Fastify, node:http and http2.
 *
 * Like `pipe` of a Node stream it begins at once, and ends the response when the stream ends. The client leaving
 * unsubscribes, which aborts the request to the model; so does unsubscribing from the result, which leaves the response
 * open. Nothing is subscribed to for `HEAD` and where the client has left already.
 *
 * Headers that have been sent stay as they are; otherwise the format's are set, and the status is the one the response
 * has, 200 as a rule, since it leaves before the model has answered. What fails, fails in the body, see
 * {@link toResponse}; where the format has no words for it the connection is cut.
 *
 * The model is never slowed down. While the client is slow neighbouring deltas become one, so that what waits is no
 * more than the text.
 *
 * ```text
 * source:  s-a-b-c-f|           s: start, a b c: text, f: finish
 * drain:   --------x            the socket is full after s
 * writes:  s-------(abc)-(fe)   pipeToNode(source, response), e: the end marker of the format
 * ```
 *
 * @example
 * ```ts
 * const app = express().use(express.json());
 * app.post('/chat', (request, response) => {
 *   pipeToNode(model.stream({ messages: request.body.messages }).pipe(retryStream()), response);
 * });
 * ```
 *
 * @see {@link drainTo} to write text into any sink, within a pipeline.
 */
export function pipeToNode(
  chunks$: Observable<StreamChunk>,
  response: NodeResponse,
  options: BodyOptions = {},
): Subscription {
  const { headers, text } = writeBody('pipeToNode', chunks$, options);
  if (response.destroyed || response.stream?.destroyed || response.writableEnded) return Subscription.EMPTY;

  if (!response.headersSent) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }
  if (response.req.method === 'HEAD') {
    response.end();
    return Subscription.EMPTY;
  }
  response.flushHeaders?.();

  let hasLeft = false;
  return text({ isBusy: () => response.writableNeedDrain === true, ready: fromEvent(response, 'drain') })
    .pipe(
      takeUntil(
        merge(fromEvent(response, 'close'), fromEvent(response, 'error')).pipe(tap(() => (hasLeft = true))),
      ),
    )
    .subscribe({
      next: (piece) => {
        response.write(piece);
        response.flush?.();
      },
      error: () => response.destroy(),
      complete: () => {
        if (!hasLeft) response.end();
      },
    });
}
