/** Who takes what is read of a body. */
export interface BodyReader {
  /** Takes the next piece of text, and says what is wanted of the rest. */
  text(text: string): Wanted;
  /** The body has ended. */
  end(): void;
  /** The body broke off. */
  fail(error: unknown): void;
  /** The connection is not to be used again. */
  abort(): void;
}

/** What is wanted of the rest of a body: its text, its end so that the connection stays usable, or nothing. */
export type Wanted = 'text' | 'end' | 'nothing';

/** How long a server may keep a connection open behind its own end of the answer, in milliseconds. */
const lingering = 1000;

/**
 * Reads a body as text: one Promise per network read, UTF-8 whole however it was cut.
 *
 * Closes its connection only where the reader wants nothing more, or the server sends on behind the answer's end.
 */
export function readBody(body: ReadableStream<Uint8Array>, reader: BodyReader): void {
  let source: ReadableStreamDefaultReader<Uint8Array> | undefined = body.getReader();
  const decoder = new TextDecoder();
  let wanted: Wanted = 'text';
  let timer: ReturnType<typeof setTimeout> | undefined;

  const next = () => {
    source?.read().then(onRead, onError);
  };
  /** Lets go of the body: an abort's stack trace may hold this function for as long as an SDK holds the abort. */
  const letGo = () => {
    source = undefined;
  };
  const onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
    if (wanted === 'end') {
      clearTimeout(timer);
      if (!done) reader.abort();
      letGo();
      return;
    }
    const text = decoder.decode(value, { stream: !done });
    if (text !== '' || !done) wanted = reader.text(text);
    if (done || wanted === 'nothing') {
      if (wanted === 'text') reader.end();
      letGo();
      return;
    }
    if (wanted === 'end') timer = setTimeout(() => reader.abort(), lingering);
    next();
  };
  const onError = (error: unknown) => {
    clearTimeout(timer);
    if (wanted === 'text') reader.fail(error);
    letGo();
  };
  next();
}
