import {
  concat,
  connect,
  defer,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  type OperatorFunction,
  tap,
} from 'rxjs';
import type { StreamChunk } from 'rxllm';

/** Does one thing and streams it. What the steps behind it need, it leaves in the context. */
export type Step<Context> = (context: Context) => Observable<StreamChunk>;

/** What a workflow streams: the chunks of its steps, where it is, and at its end what has come of it. */
export type WorkflowEvent<Context> =
  | StreamChunk
  | { readonly type: 'step'; readonly name: string; readonly state: 'started' | 'done' }
  | { readonly type: 'result'; readonly context: Context };

/**
 * Runs steps one after the other; a step that fails ends the workflow, and unsubscribing aborts the one under way.
 *
 * It is no more than a `concat`: a step that is to be repeated, limited or left out is so by the operators of RxJS, and
 * steps side by side are a `merge`.
 *
 * ```text
 * outline:  -a|
 * draft:      -b-c|
 * result:   (sa)(ds)-b-(cdR)     s: started, d: done, R: result
 * ```
 */
export function workflow<Context>(
  steps: Readonly<Record<string, Step<Context>>>,
  begin: () => Context,
): Observable<WorkflowEvent<Context>> {
  return defer(() => {
    const context = begin();
    const inOrder = Object.entries(steps).map(([name, step]) =>
      concat(
        of({ type: 'step', name, state: 'started' } as const),
        defer(() => step(context)),
        of({ type: 'step', name, state: 'done' } as const),
      ),
    );
    return concat(...inOrder, of({ type: 'result', context } as const));
  });
}

/** Passes the chunks on and hands over what an operator makes of them. */
export function keep<T>(
  operator: OperatorFunction<StreamChunk, T>,
  take: (value: T) => void,
): MonoTypeOperatorFunction<StreamChunk> {
  return connect((chunks) => merge(chunks, chunks.pipe(operator, tap(take), ignoreElements())));
}
