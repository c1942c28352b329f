import { type Context, context, createContextKey } from '@opentelemetry/api';
import { Observable, takeUntil } from 'rxjs';
import type { StreamTrace } from './streamTrace.ts';

const key = createContextKey('rxllm traced run');

/** The traced run within which this is called, as long as it lasts. */
export function activeRun(): StreamTrace | undefined {
  const run = context.active().getValue(key) as StreamTrace | undefined;
  return run?.isEnded === false ? run : undefined;
}

/** A context for what a run knows nothing of, a tool for instance. */
export function outsideRuns(within: Context): Context {
  return within.deleteValue(key);
}

/**
 * Subscribes to a source within a context, and delivers what comes in that of the subscriber.
 *
 * What comes later would else be delivered in the context of the source: a tool would run within the call that asked
 * for it, and the next call within the tool.
 */
export function subscribeWithin<T>(within: Context, source: Observable<T>): Observable<T> {
  // A context lasts as long as a function runs, which no composition can say.
  return new Observable((subscriber) => {
    const outside = context.active();
    const next = (value: T) => subscriber.next(value);
    // Known to the source before it is subscribed to: it may emit at once, and be left at once.
    const left = new Observable<void>((notified) => subscriber.add(() => notified.next()));
    return context.with(within, () =>
      source.pipe(takeUntil(left)).subscribe({
        next: (value) => context.with(outside, next, undefined, value),
        error: (error: unknown) => context.with(outside, () => subscriber.error(error)),
        complete: () => context.with(outside, () => subscriber.complete()),
      }),
    );
  });
}

/**
 * What is active while a run lasts: the context of the agent at work.
 *
 * It follows the run, whose span begins when the first chunk tells the agent's name, and another one at a handoff.
 */
export class RunContext implements Context {
  readonly #run: StreamTrace;

  constructor(run: StreamTrace) {
    this.#run = run;
  }

  getValue(wanted: symbol): unknown {
    return wanted === key ? this.#run : this.#run.current.getValue(wanted);
  }

  setValue(set: symbol, value: unknown): Context {
    return this.#fixed.setValue(set, value);
  }

  deleteValue(unset: symbol): Context {
    return this.#fixed.deleteValue(unset);
  }

  get #fixed(): Context {
    return this.#run.current.setValue(key, this.#run);
  }
}
