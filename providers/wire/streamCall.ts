import { Observable } from 'rxjs';
import type { FinishChunk, StreamChunk } from '../../src/chunk.ts';
import {
  ProviderError,
  StreamAbortedError,
  StreamInterruptedError,
  type RxllmError,
} from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { readEventsOrDocument, readJsonLines, type TextReader } from './lines.ts';
import { fromSdkError } from './sdkError.ts';
import { isRetryable, WireError } from './wireError.ts';

/** Takes the chunks of a call, in order. */
export type Emit = (chunk: StreamChunk) => void;

/** What a mapper needs to know to write `start`. */
export interface CallFacts {
  readonly provider: string;
  readonly model: string;
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
  /** Chunks to put before `finish`, or facts to add to it; absent where there is nothing to add. */
  readonly amendFinish?: ((finish: FinishChunk, signal: AbortSignal) => PromiseLike<FinishChunk>) | undefined;
}

/** How long a server may keep a connection open behind its own end of the answer, in milliseconds. */
const lingering = 1000;

/**
 * Makes a request and pushes the chunks of its answer: one Promise per network read, none per chunk.
 *
 * Every event of a read is mapped synchronously; unsubscribing in between stops the rest. The body is read on to
 * its end after the answer's last event, so that the connection can be used again.
 */
export function streamCall(call: WireCall): Observable<StreamChunk> {
  return new Observable((subscriber) => {
    const { provider, model } = call;
    const facts: CallFacts = { provider, model };
    const controller = new AbortController();
    const kept = call.keepPartial ? new ResponseBuilder() : undefined;
    let answered = false as boolean;
    let finished = false as boolean;
    let strayLine: string | undefined;

    const emit: Emit = (chunk) => {
      if (subscriber.closed) return;
      kept?.add(chunk);
      subscriber.next(chunk);
    };
    const mapper = call.mapEvents(emit, facts);

    const details = (cause?: unknown) => ({
      provider,
      requestId: facts.requestId,
      partial: kept && (() => kept.partial),
      ...(cause !== undefined && { cause }),
    });
    const fail = (error: RxllmError) => {
      controller.abort();
      subscriber.error(error);
    };
    const interrupted = (why: string, cause?: unknown) =>
      new StreamInterruptedError(`${provider} broke off its answer: ${why}`, details(cause));

    const finish = (atSentinel: boolean) => {
      const last = mapper.finish(atSentinel);
      if (!last) {
        fail(
          interrupted(
            strayLine === undefined
              ? 'the stream ended without a finish'
              : `it sent ${strayLine.slice(0, 500)}`,
          ),
        );
        return;
      }
      answered = true;
      const close = (chunk: FinishChunk) => {
        finished = true;
        emit(chunk);
        subscriber.complete();
      };
      if (!call.amendFinish || subscriber.closed) close(last);
      else call.amendFinish(last, controller.signal).then(close, () => close(last));
    };

    const onEvent = (data: string, eventName?: string) => {
      if (subscriber.closed || answered) return;
      // Prism's recordings have a blank behind it.
      if (data.startsWith('[DONE]')) {
        finish(true);
        return;
      }
      const event: unknown = JSON.parse(data);
      if (typeof event !== 'object' || event === null)
        throw new SyntaxError(`an object was expected, not ${data}`);
      if (call.includeRaw) {
        mapper.start(event);
        emit({ type: 'raw', event });
      }
      if (mapper.event(event, eventName)) finish(true);
    };

    const read = (body: ReadableStream<Uint8Array>, text: TextReader) => {
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let atEnd = false;
      let timer: ReturnType<typeof setTimeout> | undefined;

      const next = () => {
        reader.read().then(onRead, onReadError);
      };
      const onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
        if (answered) {
          clearTimeout(timer);
          if (!done) controller.abort();
          return;
        }
        if (subscriber.closed) return;
        try {
          if (done) {
            atEnd = true;
            const rest = decoder.decode();
            if (rest !== '') text.push(rest);
            text.end();
            if (!answered && !subscriber.closed) finish(false);
          } else {
            text.push(decoder.decode(value, { stream: true }));
          }
        } catch (error) {
          fail(toStreamError(error, atEnd));
          return;
        }
        if (done || (subscriber.closed && !answered)) return;
        if (answered) timer = setTimeout(() => controller.abort(), lingering);
        next();
      };
      const onReadError = (error: unknown) => {
        clearTimeout(timer);
        if (answered || subscriber.closed) return;
        const isAbort = (error as { name?: string } | undefined)?.name === 'AbortError';
        fail(
          isAbort
            ? new StreamAbortedError(`${provider}: the request was aborted`, details(error))
            : interrupted(error instanceof Error ? error.message : String(error), error),
        );
      };
      next();
    };

    const toStreamError = (error: unknown, atEnd: boolean): RxllmError => {
      if (error instanceof WireError) {
        const { status, code, retryable = isRetryable(status, code) } = error.details;
        return new ProviderError(`${provider}: ${error.message}`, {
          ...details(error.cause),
          status,
          code,
          retryable,
        });
      }
      return atEnd && error instanceof SyntaxError
        ? interrupted('the stream ended in the middle of an event', error)
        : new ProviderError(`${provider} sent an event that cannot be read: ${String(error)}`, {
            ...details(error),
            code: 'malformed-event',
            retryable: true,
          });
    };

    const onResponse = (response: Response) => {
      if (subscriber.closed) {
        void response.body?.cancel().catch(() => undefined);
        return;
      }
      const { headers, body } = response;
      const requestId = headers.get('x-request-id') ?? headers.get('request-id');
      if (requestId !== null) facts.requestId = requestId;
      if (!body) {
        fail(interrupted('the response has no body'));
        return;
      }
      read(
        body,
        call.format === 'sse'
          ? readEventsOrDocument(call.maxEventLength, onEvent, (line) => (strayLine ??= line))
          : readJsonLines(call.maxEventLength, onEvent),
      );
    };

    call.connect(controller.signal).then(onResponse, (error: unknown) => {
      if (!subscriber.closed) fail(fromSdkError(error, facts));
    });

    return () => {
      // Not `answered`: `amendFinish` may still be asking.
      if (!finished) controller.abort();
    };
  });
}
