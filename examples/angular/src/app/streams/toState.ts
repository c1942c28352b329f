import { materialize, type OperatorFunction, scan, startWith } from 'rxjs';
import { isRxllmError, type PartialResponse } from 'rxllm';

/** A stream as a template wants it: what there is, and how it stands. */
export interface StreamState<T> {
  readonly status: 'loading' | 'streaming' | 'done' | 'error';
  /** The latest value; it stays when an error follows. */
  readonly value?: T;
  readonly error?: unknown;
  /** What of the model's call had arrived before the error. */
  readonly partial?: PartialResponse;
}

/**
 * Makes a state of each value, of the end and of an error. It never errors, since a signal made by `toSignal` would
 * throw that error whenever it is read, and lose the value.
 */
export function toState<T>(): OperatorFunction<T, StreamState<T>> {
  return (source) =>
    source.pipe(
      materialize(),
      scan((state: StreamState<T>, event): StreamState<T> => {
        switch (event.kind) {
          case 'N':
            return { status: 'streaming', value: event.value };
          case 'E':
            return { ...state, status: 'error', error: event.error, ...partialOf(event.error) };
          case 'C':
            return { ...state, status: 'done' };
        }
      }, loading),
      startWith<StreamState<T>>(loading),
    );
}

const loading = { status: 'loading' } as const;

function partialOf(error: unknown): { readonly partial?: PartialResponse } {
  return isRxllmError(error) ? { partial: error.partial } : {};
}
