import { type Context, context, createContextKey } from '@opentelemetry/api';
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
