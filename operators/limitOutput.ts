import {
  concat,
  defer,
  from,
  ignoreElements,
  type MonoTypeOperatorFunction,
  Observable,
  takeWhile,
  tap,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { ChunkOf, StreamChunk } from '../src/chunk.ts';
import { checkPrice, type Price } from '../src/cost.ts';
import { GuardError } from '../src/errors.ts';
import { CharacterLimit } from './internal/characterLimit.ts';
import { OpenCall } from './internal/openCall.ts';
import { OutputMeter } from './internal/outputMeter.ts';

/** Options of {@link limitOutput}: at least one of the three limits. */
export interface LimitOutputOptions {
  /** Tokens of the answers, thinking included. @defaultValue no limit */
  readonly tokens?: number;
  /** UTF-16 code units, a string's `length`, of text and refusal. @defaultValue no limit */
  readonly characters?: number;
  /** Money, in the currency of `price`, for input and output, voided answers included. @defaultValue no limit */
  readonly cost?: number;
  /** What the model's tokens cost; needed for `cost`. */
  readonly price?: Price;
  /** Whether the stream then finishes with reason `limit`, or fails. @defaultValue 'finish' */
  readonly as?: 'finish' | 'error';
  /** Whether the error tells what had arrived; `false` keeps nothing. @defaultValue true */
  readonly partial?: boolean;
}

/**
 * Ends the stream when the answer gets too long or too expensive, and aborts the request.
 *
 * As with {@link interruptOn} open tool calls are closed as `tool-call-invalid`, the usage known so far is told again as
 * `partial`, and `finish` has the reason `limit`. The limits are for the whole stream; in a model, by `pipeModel`, they
 * are for each call.
 *
 * Characters are exact: the delta that goes beyond them is cut there, or before the grapheme that would be torn. For
 * that the last grapheme waits for the next chunk within 64 characters of the limit. What a `restart` voids is taken
 * back.
 *
 * Tokens and cost are known behind the text only. So they let pass what reaches them, and refuse the content that comes
 * next, or the next call; an answer that ends there ends as it would have. They count what the provider reports, and
 * from its latest report on an estimate: one token for four bytes of UTF-8, in text, thinking, refusal and arguments.
 * The input has no estimate: it costs as soon as it is reported.
 *
 * ```text
 * source:  s-a-b---f|           s: start, a: 'Hello ', b: 'world', f: finish
 * result:  s-c-(dF|)            limitOutput({ characters: 8 }), c: 'Hello', d: ' wo', F: finish, reason 'limit'
 * ```
 *
 * Errors with what the source errors with; with `as: 'error'` with {@link GuardError} in place of the end, whose `code`
 * is the name of the limit. Unsubscribing aborts.
 *
 * @example
 * ```ts
 * const price = { input: 0.25, cachedInput: 0.025, output: 2 };
 * agent({ model, tools }).stream(task).pipe(limitOutput({ cost: 0.5, price }));
 * ```
 *
 * @see {@link ModelRequest.maxTokens} to have the provider stop.
 */
export function limitOutput(options: LimitOutputOptions): MonoTypeOperatorFunction<StreamChunk> {
  const { tokens, characters, cost, price, as = 'finish', partial = true } = options;
  checkNumber('limitOutput', 'tokens', tokens, { min: 1 });
  checkNumber('limitOutput', 'characters', characters, { min: 1 });
  checkNumber('limitOutput', 'cost', cost);
  checkPrice('limitOutput', price);
  checkOneOf('limitOutput', 'as', as, ['finish', 'error']);
  if ((tokens ?? characters ?? cost) === undefined) {
    throw new TypeError('limitOutput: tokens, characters or cost must be given');
  }
  if (cost !== undefined && !price) throw new TypeError('limitOutput: cost needs price');

  // A chunk becomes none, one or two, as in splitThinking.
  return (source) =>
    new Observable((subscriber) => {
      const call = new OpenCall(as === 'finish' ? 'ends' : partial ? 'all' : 'nothing');
      const limiter = new Limiter(options, (chunk) => {
        call.take(chunk);
        subscriber.next(chunk);
      });
      const flush = () => limiter.flush();

      const end = () => {
        const { passed } = limiter;
        if (passed && as === 'error') {
          throw new GuardError(`The answer passed the limit of ${options[passed] ?? 0} ${unit(passed)}`, {
            ...call.details,
            code: passed,
          });
        }
        return from(passed ? call.finish('limit') : []);
      };

      return concat(
        source.pipe(
          tap({ error: flush, complete: flush }),
          takeWhile((chunk) => limiter.take(chunk)),
          ignoreElements(),
        ),
        defer(end),
      ).subscribe(subscriber);
    });
}

type Limit = 'tokens' | 'characters' | 'cost';

function unit(limit: Limit): string {
  return limit === 'cost' ? 'in cost' : limit;
}

type TextChunk = ChunkOf<'text-delta' | 'refusal-delta'>;

/** Counts what passes in one subscription, and says when it is enough. */
class Limiter {
  /** The limit that the stream has passed. */
  passed: Limit | undefined;
  readonly #tokens: number;
  readonly #cost: number;
  readonly #meter: OutputMeter;
  readonly #characters: CharacterLimit;
  readonly #emit: (chunk: StreamChunk) => void;
  /** The latest text of the call, and the characters of the calls before it. */
  #last: TextChunk | undefined;
  #before = 0;

  constructor(options: LimitOutputOptions, emit: (chunk: StreamChunk) => void) {
    const { tokens = Infinity, characters = Infinity, cost = Infinity, price } = options;
    this.#tokens = tokens;
    this.#cost = cost;
    this.#meter = new OutputMeter(price);
    this.#characters = new CharacterLimit(Math.min(characters, Number.MAX_SAFE_INTEGER));
    this.#emit = emit;
  }

  /** Takes the next chunk and tells whether the stream may go on. */
  take(chunk: StreamChunk): boolean {
    const isRefused = 'block' in chunk || chunk.type === 'start';
    if (isRefused && this.#meter.tokens >= this.#tokens) this.passed = 'tokens';
    else if (isRefused && this.#meter.cost >= this.#cost) this.passed = 'cost';
    if (this.passed) {
      this.flush();
    } else {
      this.#meter.take(chunk);
      this.#pass(chunk);
    }
    return !this.passed;
  }

  #pass(chunk: StreamChunk): void {
    if (chunk.type === 'text-delta' || chunk.type === 'refusal-delta') {
      if (chunk.type !== this.#last?.type || chunk.block !== this.#last.block) this.flush();
      this.#last = chunk;
      const text = this.#characters.take(chunk.text);
      if (text === chunk.text) this.#emit(chunk);
      else if (text !== '') this.#emit({ ...chunk, text });
      if (this.#characters.isPassed) this.passed = 'characters';
      return;
    }
    if (chunk.type === 'restart') {
      this.#characters.reset(this.#before);
    } else if (chunk.type !== 'usage' && chunk.type !== 'raw') {
      this.flush();
      this.#before = chunk.type === 'finish' ? this.#characters.used : this.#before;
    }
    this.#emit(chunk);
  }

  /** Delivers the grapheme that waits. */
  flush(): void {
    const text = this.#characters.flush();
    if (text !== '' && this.#last) this.#emit({ ...this.#last, text });
  }
}
