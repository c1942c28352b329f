import { Observable } from 'rxjs';

/** The text of a body, as it is read: UTF-8 whole however it was cut. Unsubscribing cancels the body at once. */
export function bodyText(body: ReadableStream<Uint8Array>): Observable<string> {
  // Not composed: `from` of a stream notices only at the next read that nobody listens, and does not cancel.
  return new Observable((subscriber) => {
    const reader = body.getReader();
    const decoder = new TextDecoder();

    const read = () => {
      // Nobody may want the rest.
      if (subscriber.closed) return;
      reader.read().then(take, (error: unknown) => subscriber.error(error));
    };
    const take = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
      const text = decoder.decode(value, { stream: !done });
      if (text !== '') subscriber.next(text);
      if (done) subscriber.complete();
      else read();
    };

    read();
    return () => {
      reader.cancel().catch(() => undefined);
    };
  });
}
