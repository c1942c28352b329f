import {
  type Attributes,
  type Context,
  diag,
  type HrTime,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { toErrorFacts } from '../../src/errors.ts';
import { type Instruments, instrumentsOf } from './instruments.ts';

/** Options of everything that traces. */
export interface TraceOptions {
  /** Under which a conversation is found again: the `id` of a session. @defaultValue none */
  readonly conversationId?: string;
  /** Whether messages, tool arguments and results are written, too: they hold what users say. @defaultValue false */
  readonly content?: boolean;
  /**
   * Changes content before it is written. It gets the messages in the form of the conventions, the arguments or the
   * result, and the name of the attribute; with `undefined` it is left out, and where this throws.
   *
   * @defaultValue it is written as it is
   */
  readonly redact?: (content: unknown, attribute: string) => unknown;
  /** @defaultValue the global one */
  readonly tracerProvider?: TracerProvider;
  /** @defaultValue the global one */
  readonly meterProvider?: MeterProvider;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** How something ended that has a span; nothing is set where it ended by itself and went well. */
export interface Outcome {
  readonly failure?: { readonly type: string; readonly message?: string };
  /** What ended it from outside. */
  readonly endedBy?: 'unsubscribe' | 'abort' | 'restart' | 'error';
}

const scope = 'rxllm';

/** Checks options where they are given. @throws {TypeError} naming the function and the option */
export function checkTraceOptions(
  owner: string,
  options: TraceOptions & { readonly agentName?: string },
): void {
  const { redact, conversationId, agentName } = options;
  if (redact !== undefined && typeof redact !== 'function') {
    throw new TypeError(`${owner}: redact must be a function, not ${typeof redact}`);
  }
  for (const [option, value] of Object.entries({ conversationId, agentName })) {
    if (value === '') throw new TypeError(`${owner}: ${option} must not be empty`);
  }
}

/** Does what telemetry is about; what goes wrong with it must not reach the stream. */
export function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    report(error);
    return undefined;
  }
}

/** Tells OpenTelemetry's own log what went wrong with telemetry. */
export function report(error: unknown): void {
  diag.error('rxllm: a stream could not be traced', error);
}

/** What the spans of one subscription have in common. */
export class Telemetry {
  readonly instruments: Instruments;
  readonly conversation: Attributes;
  readonly writesContent: boolean;
  readonly #tracer: Tracer;
  readonly #scheduler: SchedulerLike;
  readonly #redact: TraceOptions['redact'];

  constructor(options: TraceOptions) {
    const { tracerProvider = trace, meterProvider = metrics.getMeterProvider() } = options;
    this.#tracer = tracerProvider.getTracer(scope);
    this.instruments = instrumentsOf(meterProvider, scope);
    this.conversation =
      options.conversationId === undefined ? {} : { 'gen_ai.conversation.id': options.conversationId };
    this.writesContent = options.content ?? false;
    this.#scheduler = options.scheduler ?? asyncScheduler;
    this.#redact = options.redact;
  }

  /** Milliseconds of the scheduler. */
  now(): number {
    return this.#scheduler.now();
  }

  startSpan(
    name: string,
    at: number,
    parent: Context,
    attributes: Attributes,
    kind = SpanKind.INTERNAL,
  ): Span {
    return this.#tracer.startSpan(name, { kind, startTime: toTime(at), attributes }, parent);
  }

  /** Writes content, if it is to be. */
  write(span: Span, attribute: string, content: () => unknown): void {
    if (!this.writesContent || !span.isRecording()) return;
    quietly(() => {
      const given = content();
      const text = this.#redact ? this.#redact(given, attribute) : given;
      if (text !== undefined)
        span.setAttribute(attribute, typeof text === 'string' ? text : JSON.stringify(text));
    });
  }
}

/** What an outcome is on spans and metrics. */
export function toAttributes({ failure, endedBy }: Outcome): Attributes {
  return {
    ...(failure && { 'error.type': failure.type }),
    ...(endedBy !== undefined && { 'rxllm.ended_by': endedBy }),
  };
}

/** Ends a span. */
export function endSpan(span: Span, at: number, outcome: Outcome): void {
  const { message } = outcome.failure ?? {};
  if (outcome.failure) {
    span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
  }
  span.setAttributes(toAttributes(outcome));
  span.end(toTime(at));
}

/** Exact, also in virtual time: a small number alone would count from the start of the process. */
export function toTime(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1_000), Math.round((milliseconds % 1_000) * 1_000_000)];
}

/** An error as the conventions tell it: its type is the provider's code, else the status, else the class. */
export function toFailure(error: unknown): { readonly type: string; readonly message: string } {
  const { name, message, code, status } = toErrorFacts(error);
  const type = name === 'ProviderError' ? (code ?? (status === undefined ? name : String(status))) : name;
  return { type, message };
}
