import type { Job } from 'bullmq';
import {
  catchError,
  concat,
  concatMap,
  defer,
  endWith,
  EMPTY,
  from,
  ignoreElements,
  type Observable,
  of,
  type OperatorFunction,
  throwError,
} from 'rxjs';
import type { RestartChunk, StreamChunk } from '../../src/chunk.ts';
import { isRxllmError, toErrorFacts } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { WrittenChunk } from '../../web/internal/jsonEvents.ts';
import { type RedisClient, send, toWriteError } from '../redis/client.ts';
import { writeRun } from '../redis/publishTo.ts';
import { keysOf, RunWriter, takeOver } from '../redis/runLog.ts';
import { type ItemJob, runOf } from './itemJob.ts';

const end: WrittenChunk = { type: 'end' };

/** How the work on an item ended that did not fail. */
export type WorkOutcome = 'answered' | 'cancelled';

/** What answering items takes. */
export interface ItemWork {
  readonly queueName: string;
  readonly model: LanguageModel;
  readonly client: RedisClient;
  /** Makes the error by which an item is not tried again. */
  readonly giveUp: (message: string) => Error;
}

/**
 * Answers one job, or what is left of it: nothing where its answer is in Redis already. Emits how it went.
 *
 * `rest` lets no worker begin another item for so long, as the provider asks.
 */
export function workItem(
  job: Job<ItemJob>,
  { queueName, model, client, giveUp }: ItemWork,
  rest: (milliseconds: number) => Promise<unknown>,
): Observable<WorkOutcome> {
  const { request, keepFor } = job.data;
  const { attempts = 1 } = job.opts;
  const id = runOf(queueName, String(job.id));
  const writer = crypto.randomUUID();
  const isFinal = (error: unknown) => {
    const mayHelp = isRxllmError(error) && error.retryable;
    return !mayHelp || job.attemptsMade + 1 >= attempts;
  };

  const answer = (written: number): Observable<StreamChunk> => {
    const restart: RestartChunk = {
      type: 'restart',
      attempt: job.attemptsStarted,
      maxAttempts: Math.max(attempts, job.attemptsStarted),
      delayMs: 0,
      error: toRestartError(job.failedReason),
    };
    return concat(
      written > 0 ? of(restart) : EMPTY,
      defer(() => model.stream(request)),
    );
  };

  return takeOver(client, id, writer, keepFor).pipe(
    concatMap(({ written, last }) => {
      if (last?.type === 'end') return of('answered' as const);
      const run = new RunWriter({ client, id, keepFor, writer, written });
      // Its worker was killed between the last chunk and the end.
      if (last?.type === 'finish')
        return concat(run.write([end]).pipe(ignoreElements()), of('answered' as const));

      return concat(
        writeRun(answer(written), run, withLastEnd(isFinal)).pipe(
          ignoreElements(),
          catchError((error: unknown) => {
            const { message, retryAfter = 0 } = toErrorFacts(error);
            return concat(
              retryAfter > 0 ? from(rest(retryAfter)).pipe(ignoreElements()) : EMPTY,
              throwError(() => (isFinal(error) ? giveUp(message) : (error as Error))),
            );
          }),
        ),
        defer(() =>
          run.isStopped
            ? concat(
                send(client, 'DEL', keysOf(id), toWriteError).pipe(ignoreElements()),
                of('cancelled' as const),
              )
            : of('answered' as const),
        ),
      );
    }),
  );
}

/** Writes the end, or the error where no further attempt follows. */
function withLastEnd(isFinal: (error: unknown) => boolean): OperatorFunction<StreamChunk, WrittenChunk> {
  return (source) =>
    (source as Observable<WrittenChunk>).pipe(
      endWith(end),
      catchError((error: unknown) => {
        if (!isFinal(error)) return EMPTY;
        const told = isRxllmError(error) ? error.toJSON() : toErrorFacts(error);
        return from<WrittenChunk[]>([{ type: 'error', error: told }]);
      }),
    );
}

function toRestartError(failedReason: string | undefined): RestartChunk['error'] {
  return {
    name: 'StreamInterruptedError',
    message: failedReason ?? 'The worker that answered this item has gone',
    retryable: true,
  };
}
