import {
  BehaviorSubject,
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  from,
  merge,
  mergeMap,
  type Observable,
  of,
  takeUntil,
} from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { StreamAbortedError } from '../../src/errors.ts';
import type { Usage } from '../../src/usage.ts';
import { Attempt, restartFor } from './attempt.ts';

/** What all entrants hear of: who has answered first, and how many have dropped out. */
export interface ContestState {
  readonly winner: number | undefined;
  readonly out: number;
}

/**
 * Asks several models for one answer and delivers that of the first to answer; the others are aborted in that moment.
 *
 * An answer is content, or a `finish` without any. What comes before it is held, so that nothing is seen of a model
 * that does not win but a `restart`: when it fails, and when it is aborted and is known to have used something. The
 * last one that is left ends as it ends. `begin` says when each of them is asked.
 *
 * Not RxJS' `race`, which takes any notification for an answer, an error too.
 */
export function contest(
  streams: readonly Observable<StreamChunk>[],
  begin: (
    stream: Observable<StreamChunk>,
    index: number,
    state: Observable<ContestState>,
  ) => typeof stream = (stream) => stream,
): Observable<StreamChunk> {
  return defer(() => {
    const state = new BehaviorSubject<ContestState>({ winner: undefined, out: 0 });
    const entrants = streams.map(() => new Entrant());
    let attempt = 1;

    const restart = (error: unknown, usage: Usage | undefined) =>
      restartFor(error, usage, ++attempt, streams.length);

    const win = (winner: number): StreamChunk[] => {
      state.next({ ...state.value, winner });
      return entrants
        .filter((entrant, index) => index !== winner && !entrant.isOut)
        .flatMap(({ provider, billed }) =>
          billed
            ? [restart(new StreamAbortedError('Another model answered first', { provider }), billed)]
            : [],
        );
    };

    const enter = (stream: Observable<StreamChunk>, index: number) => {
      const entrant = entrants[index] ?? new Entrant();
      const hasWon = () => state.value.winner === index;
      const isLast = () => state.value.out === streams.length - 1;

      const take = (chunk: StreamChunk): readonly StreamChunk[] => {
        if (hasWon()) return [chunk];
        entrant.hold(chunk);
        return entrant.hasAnswered ? [...win(index), ...entrant.release()] : [];
      };
      const dropOut = defer(() => {
        entrant.isOut = true;
        state.next({ ...state.value, out: state.value.out + 1 });
        return EMPTY;
      });
      const complete = () => (hasWon() ? EMPTY : isLast() ? from(entrant.release()) : dropOut);
      const fail = (error: unknown) => {
        if (hasWon()) throw error;
        if (!isLast()) return concat(of(restart(error, entrant.billed)), dropOut);
        return concat(entrant.release(), throwAgain(error));
      };
      const hasLost = state.pipe(filter(({ winner }) => winner !== undefined && winner !== index));

      return concat(begin(stream, index, state).pipe(mergeMap(take)), defer(complete)).pipe(
        catchError(fail),
        takeUntil(hasLost),
      );
    };

    return merge(...streams.map(enter));
  });
}

function throwAgain(error: unknown): Observable<never> {
  return defer(() => {
    throw error;
  });
}

class Entrant extends Attempt {
  /** Whether it has failed or ended without an answer. */
  isOut = false;
  /** What it has sent before it answered, the beginning of the answer included. */
  readonly #held: StreamChunk[] = [];

  hold(chunk: StreamChunk): void {
    this.#held.push(this.take(chunk));
  }

  release(): readonly StreamChunk[] {
    return this.#held.splice(0);
  }

  get hasAnswered(): boolean {
    return this.hasContent || this.hasFinished;
  }

  /** Nothing of it has been seen. */
  get billed(): Usage | undefined {
    return this.usage(true);
  }
}
