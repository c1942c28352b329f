import { type Attributes, type Context, type Span, SpanKind } from '@opentelemetry/api';
import type { FinishChunk, RestartChunk, StartChunk, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { ModelRequest } from '../../src/request.ts';
import { ResponseBuilder } from '../../src/response.ts';
import type { Usage } from '../../src/usage.ts';
import { toCallAttributes, toRequestAttributes, toUsageAttributes } from './attributes.ts';
import { toFinishReason, toInputMessages, toOutputMessages } from './content.ts';
import {
  endSpan,
  type Outcome,
  quietly,
  type Telemetry,
  toAttributes,
  toFailure,
  toTime,
} from './telemetry.ts';

/** What is known of a call before it is made. */
export interface KnownCall {
  readonly model: LanguageModel;
  readonly request: ModelRequest;
}

/** One model call: a `chat` span and its metrics. The attempts of a retry behind it are one call. */
export class CallTrace {
  readonly #telemetry: Telemetry;
  readonly #begunAt: number;
  readonly #isStreamed: boolean;
  readonly #response: ResponseBuilder | undefined;
  readonly #restarts: { readonly at: number; readonly chunk: RestartChunk }[] = [];
  #start: StartChunk | undefined;
  #usage: Usage | undefined;
  /** Who was asked, where it is known before. */
  readonly #asked: Attributes;
  /** Those of the metrics. */
  #attributes: Attributes;
  /** When the attempt under way was sent, and its first and latest content came. */
  #issuedAt: number;
  #firstAt: number | undefined;
  #lastAt: number | undefined;
  #span: Span | undefined;

  constructor(telemetry: Telemetry, begunAt: number, known?: KnownCall) {
    this.#telemetry = telemetry;
    this.#begunAt = begunAt;
    this.#issuedAt = begunAt;
    this.#asked = known ? toCallAttributes(known.model) : {};
    this.#attributes = { ...toCallAttributes({}), ...this.#asked };
    this.#isStreamed = known?.request.stream ?? known?.model.capabilities.streaming ?? true;
    this.#response = telemetry.writesContent ? new ResponseBuilder() : undefined;
  }

  /** Begins the span before the call, so that the spans of its request are within. Else it is made at the end. */
  begin(parent: Context, { request }: KnownCall): Span {
    const span = this.#startSpan(parent, toRequestAttributes(request, this.#isStreamed));
    this.#span = span;
    this.#telemetry.write(span, 'gen_ai.input.messages', () => toInputMessages(request.messages));
    return span;
  }

  /** What the metrics of its tokens go by. */
  set usage(usage: Usage) {
    this.#usage = usage;
  }

  /** Who was asked, where an error tells it before any answer. */
  takeProvider(provider: string | undefined): void {
    this.#attributes = {
      ...toCallAttributes({ ...(provider !== undefined && { provider }) }),
      ...this.#attributes,
    };
  }

  takeStart(chunk: StartChunk): void {
    this.#start = chunk;
    this.#attributes = {
      ...toCallAttributes(chunk),
      ...this.#asked,
      'gen_ai.response.model': chunk.model,
    };
    this.#response?.add(chunk);
  }

  /** A piece of the answer. */
  takeDelta(chunk: StreamChunk): void {
    const now = this.#telemetry.now();
    this.#firstAt ??= now;
    if (this.#lastAt !== undefined && this.#isStreamed) {
      this.#telemetry.instruments.timePerChunk.record((now - this.#lastAt) / 1_000, this.#attributes);
    }
    this.#lastAt = now;
    this.#response?.add(chunk);
  }

  /** What else belongs to the answer. */
  takeContent(chunk: StreamChunk): void {
    this.#firstAt ??= this.#telemetry.now();
    this.#response?.add(chunk);
  }

  takeRestart(chunk: RestartChunk): void {
    const at = this.#telemetry.now();
    this.#restarts.push({ at, chunk });
    this.takeProvider(chunk.error.provider);
    this.#recordAttempt(chunk.usage ?? this.#usage);
    this.#issuedAt = at + chunk.delayMs;
    this.#usage = undefined;
    this.#firstAt = undefined;
    this.#lastAt = undefined;
    this.#response?.add(chunk);
  }

  end(at: number, outcome: Outcome, parent: Context, finish?: FinishChunk): void {
    const usage = finish?.usage ?? this.#usage;
    quietly(() => {
      this.#recordAttempt(usage);
      this.#telemetry.instruments.callDuration.record((at - this.#begunAt) / 1_000, {
        ...this.#attributes,
        ...toAttributes(outcome),
      });
    });
    const span = this.#span ?? this.#startSpan(parent);
    quietly(() => this.#tell(span, usage, finish));
    endSpan(span, at, outcome);
  }

  #tell(span: Span, usage: Usage | undefined, finish: FinishChunk | undefined): void {
    const first = this.#firstAt;
    for (const { at, chunk } of this.#restarts) addRestart(span, at, chunk);
    span.setAttributes({
      ...this.#attributes,
      ...(this.#start?.responseId !== undefined && { 'gen_ai.response.id': this.#start.responseId }),
      ...(finish && { 'gen_ai.response.finish_reasons': [toFinishReason(finish.reason)] }),
      ...(first !== undefined &&
        this.#isStreamed && { 'gen_ai.response.time_to_first_chunk': (first - this.#issuedAt) / 1_000 }),
      ...toUsageAttributes(usage),
    });
    const response = this.#response;
    if (response) {
      const reason = finish && toFinishReason(finish.reason);
      this.#telemetry.write(span, 'gen_ai.output.messages', () => toOutputMessages(response.message, reason));
    }
  }

  #startSpan(parent: Context, more: Attributes = {}): Span {
    const model = this.#attributes['gen_ai.request.model'];
    const name = model === undefined ? 'chat' : `chat ${String(model)}`;
    const attributes = { ...this.#attributes, ...this.#telemetry.conversation, ...more };
    return this.#telemetry.startSpan(name, this.#begunAt, parent, attributes, SpanKind.CLIENT);
  }

  /** What an attempt has used is billed, also where it was void. */
  #recordAttempt(usage: Usage | undefined): void {
    const { timeToFirstChunk, timePerToken, tokens } = this.#telemetry.instruments;
    if (this.#firstAt !== undefined && this.#isStreamed) {
      timeToFirstChunk.record((this.#firstAt - this.#issuedAt) / 1_000, this.#attributes);
    }
    if (!usage?.totalTokens) return;
    const milliseconds = (this.#lastAt ?? 0) - (this.#firstAt ?? 0);
    // What came at once does not tell how long a token took.
    if (milliseconds > 0 && this.#isStreamed && usage.outputTokens > 1) {
      timePerToken.record(milliseconds / 1_000 / (usage.outputTokens - 1), this.#attributes);
    }
    tokens.record(usage.inputTokens, { ...this.#attributes, 'gen_ai.token.type': 'input' });
    tokens.record(usage.outputTokens, { ...this.#attributes, 'gen_ai.token.type': 'output' });
  }
}

/** Tells on a span that an attempt failed and another one follows. */
export function addRestart(
  span: Span,
  at: number,
  { attempt, maxAttempts, delayMs, error }: RestartChunk,
): void {
  const { type, message } = toFailure(errorFromFacts(error));
  span.addEvent(
    'rxllm.restart',
    {
      'rxllm.restart.attempt': attempt,
      'rxllm.restart.max_attempts': maxAttempts,
      'rxllm.restart.delay': delayMs / 1_000,
      'error.type': type,
      'error.message': message,
    },
    toTime(at),
  );
}
