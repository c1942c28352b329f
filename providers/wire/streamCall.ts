import { Observable, type Subscriber } from 'rxjs';
import type { FinishChunk, StreamChunk } from '../../src/chunk.ts';
import {
  type ErrorDetails,
  ProviderError,
  type RxllmError,
  StreamAbortedError,
  StreamInterruptedError,
} from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { type OnEvent, oversized, readEventsOrDocument, readJsonLines, type TextReader } from './lines.ts';
import { withoutKeys } from './keys.ts';
import { type BodyReader, readBody, type Wanted } from './readBody.ts';
import { fromSdkError, isAbort } from './sdkError.ts';
import { isRetryable, WireError } from './wireError.ts';

/** Takes the chunks of a call, in order. */
export type Emit = (chunk: StreamChunk) => void;

/** What a mapper needs to know to write `start`. */
export interface CallFacts {
  readonly provider: string;
  readonly model: string;
  /** Most characters of an event, and of the arguments of a tool call. */
  readonly maxEventLength?: number;
  /** Absent until the server has answered, and where it sends none. */
  requestId?: string;
}

/** Turns the events of one response into chunks: all that is special about a wire protocol. */
export interface EventMapper {
  /** Emits `start`, once; later calls do nothing. */
  start(event: unknown): void;
  /**
   * Emits the chunks of one event, all but `finish`; true when it was the protocol's last.
   *
   * @throws {WireError} for an error that the server reports in the stream
   */
  event(event: unknown, eventName?: string): boolean;
  /** Emits what was held and returns the finish, none where the wire told of no end. */
  finish(atSentinel: boolean): FinishChunk | undefined;
}

/** One request to a server, ready to be made. */
export interface WireCall {
  readonly provider: string;
  readonly model: string;
  readonly format: 'sse' | 'json-lines';
  /** Makes the request through the SDK; the body must not have been read. */
  readonly connect: (signal: AbortSignal) => PromiseLike<Response>;
  readonly mapEvents: (emit: Emit, facts: CallFacts) => EventMapper;
  readonly includeRaw: boolean;
  readonly keepPartial: boolean;
  readonly maxEventLength: number;
  /** What was made with keys, which no error may tell: the options of the model and its client. */
  readonly keyOwners: () => readonly unknown[];
  /** Adds to the finish what another request tells; where it fails, the finish stays as it was. */
  readonly amendFinish?: ((finish: FinishChunk, signal: AbortSignal) => PromiseLike<FinishChunk>) | undefined;
}

/**
 * Makes a request and pushes the chunks of its answer: one Promise per network read, none per chunk.
 *
 * Every event of a read is mapped synchronously; unsubscribing in between stops the rest. The body is read on to
 * its end after the answer's last event, so that the connection can be used again.
 */
export function streamCall(call: WireCall): Observable<StreamChunk> {
  // Not composed: composition costs a Promise per event, or a notification per read.
  return new Observable((subscriber) => {
    const running = new RunningCall(call, subscriber);
    running.connect();
    return () => {
      running.stop();
    };
  });
}

class RunningCall implements BodyReader {
  readonly #call: WireCall;
  readonly #subscriber: Subscriber<StreamChunk>;
  readonly #facts: CallFacts;
  readonly #mapper: EventMapper;
  readonly #controller = new AbortController();
  readonly #kept: ResponseBuilder | undefined;
  #reader: TextReader | undefined;
  /** The last event of the answer has been mapped. */
  #isAnswered = false;
  #isComplete = false;
  #isAtEnd = false;
  #strayLine: string | undefined;

  constructor(call: WireCall, subscriber: Subscriber<StreamChunk>) {
    this.#call = call;
    this.#subscriber = subscriber;
    const { provider, model, maxEventLength } = call;
    this.#facts = { provider, model, maxEventLength };
    this.#kept = call.keepPartial ? new ResponseBuilder() : undefined;
    this.#mapper = call.mapEvents((chunk) => this.#emit(chunk), this.#facts);
  }

  connect(): void {
    this.#call.connect(this.#controller.signal).then(
      (response) => this.#open(response),
      (error: unknown) => {
        const { provider, requestId } = this.#facts;
        if (!this.#isClosed()) this.#fail(fromSdkError(error, { provider, requestId }));
      },
    );
  }

  /** Aborts the request, unless the answer is complete: then its body is read to the end. */
  stop(): void {
    if (!this.#isComplete) this.#controller.abort();
  }

  text(text: string): Wanted {
    return this.#read(() => this.#reader?.push(text));
  }

  end(): void {
    this.#isAtEnd = true;
    const wanted = this.#read(() => this.#reader?.end());
    if (wanted === 'text') this.#read(() => this.#finish(false));
  }

  fail(error: unknown): void {
    if (this.#isClosed()) return;
    const { provider } = this.#call;
    this.#fail(
      isAbort(error)
        ? new StreamAbortedError(`${provider}: the request was aborted`, this.#details(error))
        : this.#interrupted(whyItBroke(error), error),
    );
  }

  abort(): void {
    this.#controller.abort();
  }

  /** A method, since any step may unsubscribe. */
  #isClosed(): boolean {
    return this.#subscriber.closed;
  }

  #open({ headers, body }: Response): void {
    if (this.#isClosed()) {
      body?.cancel().catch(() => undefined);
      return;
    }
    const requestId = headers.get('x-request-id') ?? headers.get('request-id');
    if (requestId !== null) this.#facts.requestId = requestId;
    if (!body) {
      this.#fail(this.#interrupted('the response has no body'));
      return;
    }
    const { format, maxEventLength } = this.#call;
    const onEvent: OnEvent = (data, eventName) => this.#onEvent(data, eventName);
    this.#reader =
      format === 'sse'
        ? readEventsOrDocument(maxEventLength, onEvent, (line) => (this.#strayLine ??= line))
        : readJsonLines(maxEventLength, onEvent);
    readBody(body, this);
  }

  /** Runs a step of reading; what it throws ends the stream. */
  #read(step: () => void): Wanted {
    if (this.#isClosed()) return 'nothing';
    try {
      step();
    } catch (error) {
      this.#fail(this.#toStreamError(error));
    }
    if (this.#isAnswered) return 'end';
    return this.#isClosed() ? 'nothing' : 'text';
  }

  #onEvent(data: string, eventName?: string): void {
    if (this.#isClosed() || this.#isAnswered) return;
    // `[DONE] ` with a blank behind it has been seen.
    if (data.startsWith('[DONE]')) {
      this.#finish(true);
      return;
    }
    const { includeRaw, maxEventLength } = this.#call;
    if (data.length > maxEventLength) throw oversized(maxEventLength);
    const event: unknown = JSON.parse(data);
    if (typeof event !== 'object' || event === null)
      throw new TypeError(`it should be an object, not ${data}`);
    if (includeRaw) {
      this.#mapper.start(event);
      this.#emit({ type: 'raw', event });
    }
    if (this.#mapper.event(event, eventName)) this.#finish(true);
  }

  #emit(chunk: StreamChunk): void {
    if (this.#isClosed()) return;
    this.#kept?.add(chunk);
    this.#subscriber.next(chunk);
  }

  #finish(atSentinel: boolean): void {
    const finish = this.#mapper.finish(atSentinel);
    if (!finish) {
      const line = this.#strayLine;
      this.#fail(
        this.#interrupted(
          line === undefined ? 'the stream ended without a finish' : `it sent ${line.slice(0, 500)}`,
        ),
      );
      return;
    }
    this.#isAnswered = true;
    const complete = (chunk: FinishChunk) => {
      this.#isComplete = true;
      this.#emit(chunk);
      this.#subscriber.complete();
    };
    const { amendFinish } = this.#call;
    if (amendFinish && !this.#isClosed()) {
      amendFinish(finish, this.#controller.signal).then(complete, () => complete(finish));
    } else {
      complete(finish);
    }
  }

  #fail(error: RxllmError): void {
    this.#controller.abort();
    this.#subscriber.error(withoutKeys(error, this.#call.keyOwners()));
  }

  #details(cause?: unknown): ErrorDetails {
    const kept = this.#kept;
    const { provider, requestId } = this.#facts;
    return {
      provider,
      requestId,
      partial: kept && (() => kept.partial),
      ...(cause !== undefined && { cause }),
    };
  }

  #interrupted(why: string, cause?: unknown): StreamInterruptedError {
    return new StreamInterruptedError(
      `${this.#call.provider} broke off its answer: ${why}`,
      this.#details(cause),
    );
  }

  #toStreamError(error: unknown): RxllmError {
    const { provider } = this.#call;
    if (error instanceof WireError) {
      const { status, code, retryable = isRetryable(status, code) } = error.details;
      const details = { ...this.#details(error.cause), status, code, retryable };
      return new ProviderError(`${provider}: ${error.message}`, details);
    }
    if (this.#isAtEnd && error instanceof SyntaxError) {
      return this.#interrupted('the stream ended in the middle of an event', error);
    }
    const details = { ...this.#details(error), code: 'malformed-event', retryable: true };
    return new ProviderError(`${provider} sent an event that cannot be read: ${String(error)}`, details);
  }
}

/** Of a lost connection `fetch` says just `terminated`, or `network error` in browsers; its cause has the code. */
function whyItBroke(error: unknown): string {
  const { message = String(error), cause } = error as { message?: string; cause?: { code?: string } };
  if (!/^(terminated|network error|load failed)$/i.test(message)) return message;
  return cause?.code === undefined ? 'the connection was lost' : `the connection was lost (${cause.code})`;
}
