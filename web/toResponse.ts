import { fromEventPattern, type Observable, type Subscription } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { type Body, type BodyOptions, readAhead, writeBody } from './internal/writeBody.ts';

/**
 * Makes the response of a web server out of chunks: for Hono, Next, Bun, Deno, Cloudflare and service workers.
 *
 * The stream is subscribed to when somebody begins to read the body, and unsubscribed from as soon as that reader goes
 * away, which aborts the request to the model. A response that is never read, as for `HEAD`, makes no request.
 *
 * The status is always 200, since the headers leave before the model has answered; what fails, fails in the body, as
 * an event of the format, with the status of the provider in it. Check a request before you answer it. An error that
 * is not of this library tells the reader nothing but that the server failed; `tap({ error })` upstream sees it.
 *
 * The model is never slowed down. While the reader is slow neighbouring deltas become one, as {@link joinDeltas} would
 * make them, so that what waits is no more than the text.
 *
 * ```text
 * source:  s-a-b-c-f|           s: start, a b c: text, f: finish
 * reads:   ^-------^-^          the body is read at these times
 * body:    s-------(abc)-fe     toResponse(source), e: the end marker of the format
 * ```
 *
 * Never throws but for wrong options. The headers of the response can be added to.
 *
 * @example
 * ```ts
 * app.post('/chat', async (context) => {
 *   const { messages } = await context.req.json();
 *   return toResponse(model.stream({ messages }).pipe(retryStream()));
 * });
 * ```
 *
 * @see {@link fromResponse} for the other side.
 */
export function toResponse(chunks$: Observable<StreamChunk>, options: BodyOptions = {}): Response {
  const body = writeBody('toResponse', chunks$, options);
  return new Response(toStream(body), { headers: body.headers });
}

/** Subscribes at the first read; what is written ahead of the next one is kept here, so that reads are few and large. */
function toStream(body: Body): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let subscription: Subscription | undefined;
  let written = '';
  let isWanted = false;
  let end: (() => void) | undefined;
  let wake: () => void;

  const ready = fromEventPattern((handler: () => void) => (wake = handler));
  const flush = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (isWanted && written !== '') {
      const text = written;
      written = '';
      isWanted = false;
      controller.enqueue(encoder.encode(text));
    }
    // Not before all is read: an error drops what is not.
    if (written === '') end?.();
  };

  return new ReadableStream(
    {
      pull(controller) {
        isWanted = true;
        if (subscription) {
          flush(controller);
          wake();
          return;
        }
        const finish = (how: () => void) => {
          end = how;
          flush(controller);
        };
        subscription = body.text({ isBusy: () => written.length >= readAhead, ready }).subscribe({
          next: (text) => {
            written += text;
            flush(controller);
          },
          error: (error: unknown) => finish(() => controller.error(error)),
          complete: () => finish(() => controller.close()),
        });
      },
      cancel: () => subscription?.unsubscribe(),
    },
    { highWaterMark: 0 },
  );
}
