import {
  concat,
  connect,
  defer,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  type ObservableInput,
  takeUntil,
  tap,
} from 'rxjs';
import { OpenCall } from '../operators/internal/openCall.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { GuardError } from '../src/errors.ts';
import type { RunProgress } from './stopConditions.ts';

/**
 * Judges the conversation before the first round: the first reason that it emits stops the run, as the message of a
 * {@link GuardError} with code `input`; completing without one lets the run begin. An empty string or `undefined` is none.
 *
 * @example
 * ```ts
 * const onTopic: InputGuardrail = ({ messages }) => classify(messages).pipe(filter((topic) => topic !== 'cooking'));
 * ```
 */
export type InputGuardrail<Context = unknown> = (
  progress: RunProgress<Context>,
) => ObservableInput<string | undefined>;

/**
 * Watches a run: the first reason that it emits stops it, as the message of a {@link GuardError} with code `output`. An
 * empty string or `undefined` is none.
 *
 * What a guardrail says at once, it says before the chunk is delivered. The run ends only when all its guardrails have
 * completed; one that is stopped does not wait for them.
 *
 * @example
 * ```ts
 * const noSecrets: OutputGuardrail = (chunks) =>
 *   chunks.pipe(accumulateText(), filter((text) => text.includes(secret)), map(() => 'The answer told the secret'));
 * ```
 */
export type OutputGuardrail<Context = unknown> = (
  chunks: Observable<StreamChunk>,
  context: Context,
) => ObservableInput<string | undefined>;

/** Lets all guardrails judge the input, one after the other. */
export function guardInput<Context>(
  guardrails: readonly InputGuardrail<Context>[],
  progress: RunProgress<Context>,
): Observable<never> {
  return concat(...guardrails.map((guardrail) => defer(() => guardrail(progress)))).pipe(
    filter(isReason),
    map((reason) => {
      throw new GuardError(reason, { code: 'input' });
    }),
  );
}

/** Lets all guardrails watch the stream; those that still do behind its end are left at `stop`. */
export function guardOutput<Context>(
  guardrails: readonly OutputGuardrail<Context>[],
  context: Context,
  stop: Observable<unknown>,
): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      const call = new OpenCall('all');
      const watch = (chunks: Observable<StreamChunk>) => (guardrail: OutputGuardrail<Context>) =>
        from(guardrail(chunks, context)).pipe(
          filter(isReason),
          map((reason): never => {
            throw new GuardError(reason, { code: 'output', ...call.details });
          }),
          takeUntil(concat(chunks.pipe(ignoreElements()), stop)),
        );
      return source.pipe(
        connect((chunks) =>
          merge(...guardrails.map(watch(chunks)), chunks.pipe(tap((chunk) => call.take(chunk)))),
        ),
      );
    });
}

function isReason(said: string | undefined): said is string {
  return Boolean(said);
}
