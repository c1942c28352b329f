import type { ErrorChunk, ErrorFacts } from './chunk.ts';
import type { AssistantMessage, PartialResponse, ToolMessage } from './message.ts';
import type { SchemaIssue } from './schema.ts';

/** What every error of this library is made of. */
export interface ErrorDetails {
  /** The service that the error is about. */
  readonly provider?: string | undefined;
  /** The provider's id of the HTTP request. */
  readonly requestId?: string | undefined;
  /** The error this one was made of. */
  readonly cause?: unknown;
  /** What had arrived; called at the first look at `partial`. @defaultValue nothing had */
  readonly partial?: (() => PartialResponse) | undefined;
}

const brand = Symbol.for('rxllm.error');

/** What `partial` is where nothing has arrived or nothing was kept. */
export const emptyPartial: PartialResponse = {
  text: '',
  thinking: '',
  refusal: '',
  toolCalls: [],
  invalidToolCalls: [],
  message: { role: 'assistant', content: [] },
};

/** Details may be left out where none are demanded. */
type DetailsArgument<Details> = ErrorDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The base of every error of this library.
 *
 * @example
 * ```ts
 * model.stream('Tell me a joke').pipe(
 *   accumulateText(),
 *   catchError((error) => isRxllmError(error) ? of(`${error.partial.text} …`) : throwError(() => error)),
 * );
 * ```
 */
export abstract class RxllmError<Details extends ErrorDetails = ErrorDetails> extends Error {
  /** Whether the same request may succeed when it is made again. */
  abstract readonly retryable: boolean;
  declare readonly provider: string | undefined;
  declare readonly requestId: string | undefined;
  /** Tells errors of this library from others, those of another copy of it included. */
  readonly [brand] = true;
  #partial: () => PartialResponse;

  constructor(message: string, ...[given]: DetailsArgument<Details>) {
    const { cause, partial, ...own }: ErrorDetails = given ?? {};
    super(message, cause === undefined ? undefined : { cause });
    // Not what every error has: facts may have come as JSON from elsewhere.
    Object.assign(
      this,
      pick(own, (name) => !(name in this)),
    );
    this.#partial = partial ?? (() => emptyPartial);
  }

  /** What of the current model call has arrived: text, thinking, tool calls and usage. */
  get partial(): PartialResponse {
    const known = this.#partial();
    this.#partial = () => known;
    return known;
  }

  /**
   * What an agent's run had added to the conversation before it failed or was stopped, so that it can go on from there;
   * of errors of `collectRun` and `run` of `rxllm/agents`, empty on any other. Not in the JSON.
   */
  get messages(): readonly (AssistantMessage | ToolMessage)[] {
    return [];
  }

  /** The facts as plain JSON; `partial` included, `cause` left out since it may hold anything. */
  toJSON(): ErrorChunk['error'] {
    const { name, message, partial } = this;
    return { name, message, ...pick(this), partial };
  }

  /**
   * The same error for a subscriber that saw something else of the call, with this one as its `cause`.
   *
   * For operators that change content.
   */
  withPartial(partial: () => PartialResponse): this {
    const Same = this.constructor as new (message: string, details: ErrorDetails) => this;
    return new Same(this.message, Object.assign({}, this, { cause: this, partial }));
  }
}

/** Facts of a {@link ProviderError} beyond those of every error. */
export interface ProviderErrorDetails extends ErrorDetails {
  /** HTTP status, absent where there was no answer. */
  readonly status?: number | undefined;
  /** The provider's code or type of error, or that of the network: `rate_limit_exceeded`, `ECONNREFUSED`, … */
  readonly code?: string | undefined;
  readonly retryable: boolean;
  /** Milliseconds that the provider asks to wait. */
  readonly retryAfter?: number | undefined;
  /** The moment, in milliseconds since 1970, before which the provider asks not to come again. */
  readonly retryAt?: number | undefined;
}

/** The provider refused, failed, or could not be reached. */
export class ProviderError extends RxllmError<ProviderErrorDetails> {
  override readonly name = 'ProviderError';
  declare readonly retryable: boolean;
  declare readonly status: number | undefined;
  declare readonly code: string | undefined;
  /** Milliseconds that the provider asks to wait; counted from the `Date` of its answer. */
  declare readonly retryAfter: number | undefined;
  /** Where the provider gave a date and its answer had no `Date`: milliseconds since 1970. */
  declare readonly retryAt: number | undefined;
}

/** The stream broke off before the provider had finished its answer. */
export class StreamInterruptedError extends RxllmError {
  override readonly name = 'StreamInterruptedError';
  readonly retryable = true;
}

/** Facts of a {@link StreamTimeoutError} beyond those of every error. */
export interface StreamTimeoutDetails extends ErrorDetails {
  /** The limit that was passed, see {@link withTimeout}. */
  readonly limit: 'first' | 'each' | 'total';
  /** That limit in milliseconds. */
  readonly milliseconds: number;
}

/** The stream was too slow for {@link withTimeout}. */
export class StreamTimeoutError extends RxllmError<StreamTimeoutDetails> {
  override readonly name = 'StreamTimeoutError';
  readonly retryable = true;
  declare readonly limit: 'first' | 'each' | 'total';
  declare readonly milliseconds: number;
}

/** The stream was stopped from this side, by {@link interruptOn} or a signal of the SDK's own. */
export class StreamAbortedError extends RxllmError {
  override readonly name = 'StreamAbortedError';
  readonly retryable = false;
}

/** A retry voided output that could not be taken back. */
export class RestartAfterOutputError extends RxllmError {
  override readonly name = 'RestartAfterOutputError';
  readonly retryable = false;
}

/** Facts of a {@link SinkError} beyond those of every error. */
export interface SinkErrorDetails extends ErrorDetails {
  /** The sink's own code, `EPIPE` for instance, or `LIMIT_EXCEEDED`. */
  readonly code?: string | undefined;
}

/** What the stream was written to failed, went away or was too slow; see {@link drainTo}. */
export class SinkError extends RxllmError<SinkErrorDetails> {
  override readonly name = 'SinkError';
  readonly retryable = false;
  declare readonly code: string | undefined;
}

/** Facts of a {@link GuardError} beyond those of every error. */
export interface GuardErrorDetails extends ErrorDetails {
  /** What the guard objects to. */
  readonly code: 'tokens' | 'characters' | 'cost' | 'pattern' | 'draining' | 'buffer' | 'input' | 'output';
}

/**
 * A guard of this side stopped the stream or refused it: {@link limitOutput}, {@link redact}, {@link drain}, a
 * guardrail of an agent, or a batch whose budget is spent or whose source is too fast.
 */
export class GuardError extends RxllmError<GuardErrorDetails> {
  override readonly name = 'GuardError';
  readonly retryable = false;
  declare readonly code: GuardErrorDetails['code'];
}

/** Facts of a {@link StructuredOutputError} beyond those of every error. */
export interface StructuredOutputDetails extends ErrorDetails {
  readonly retryable: boolean;
  /** What is wrong, at least one thing. */
  readonly issues: readonly SchemaIssue[];
  /** Where the first of them is: keys and indices from the root. */
  readonly path: readonly (string | number)[];
  /** For text that is not JSON: how many of its characters are right. */
  readonly position?: number | undefined;
  /** The text that should have been JSON of the schema. */
  readonly text: string;
}

/** The answer is not JSON, was cut off, or does not fit its schema; see {@link accumulateObject}. */
export class StructuredOutputError extends RxllmError<StructuredOutputDetails> {
  override readonly name = 'StructuredOutputError';
  /** Whether another answer may be right: not where it was refused or longer than it may be. */
  declare readonly retryable: boolean;
  declare readonly issues: readonly SchemaIssue[];
  declare readonly path: readonly (string | number)[];
  declare readonly position: number | undefined;
  declare readonly text: string;
}

/** A request that cannot be sent, or a model that cannot be found. */
export class InvalidRequestError extends RxllmError {
  override readonly name = 'InvalidRequestError';
  readonly retryable = false;
}

/** Facts of a {@link MissingPackageError} beyond those of every error. */
export interface MissingPackageDetails extends ErrorDetails {
  /** The name by which npm installs it. */
  readonly packageName: string;
}

/** An optional package is needed and not installed; the message says how to install it. */
export class MissingPackageError extends RxllmError<MissingPackageDetails> {
  override readonly name = 'MissingPackageError';
  readonly retryable = false;
  declare readonly packageName: string;
}

/** A stream broke the grammar of {@link StreamChunk}; see {@link verifyGrammar}. */
export class GrammarError extends RxllmError {
  override readonly name = 'GrammarError';
  readonly retryable = false;
}

/** Whether a value is an error of this library, be it of another copy of it. */
export function isRxllmError(value: unknown): value is RxllmError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** The fields that are set, of those that are wanted. */
function pick(
  from: object,
  isWanted: (name: string) => boolean = () => true,
): Omit<ErrorFacts, 'name' | 'message'> {
  const wanted = Object.entries(from).filter(([name, value]) => value !== undefined && isWanted(name));
  return Object.fromEntries(wanted) as ErrorFacts;
}

/** The facts of any thrown value as plain JSON. */
export function toErrorFacts(error: unknown): ErrorFacts {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: toWords(error) };
  return { name, message, ...(isRxllmError(error) ? pick(error) : { retryable: false }) };
}

/** Anything may be thrown, also what cannot be made a string, for instance an object without a prototype. */
function toWords(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/**
 * The error that was told as plain JSON: of the same class, so that it is caught, retried and shown alike.
 *
 * A name that this library does not have becomes a {@link ProviderError}.
 */
export function errorFromFacts(told: ErrorChunk['error']): RxllmError {
  const { name, message, partial = emptyPartial } = told;
  const Known = (
    Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : ProviderError
  ) as typeof ProviderError;
  return new Known(message, { ...told, partial: () => partial });
}

const classes = {
  StreamInterruptedError,
  StreamTimeoutError,
  StreamAbortedError,
  RestartAfterOutputError,
  SinkError,
  StructuredOutputError,
  InvalidRequestError,
  MissingPackageError,
  GrammarError,
  GuardError,
};
