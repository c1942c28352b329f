import { context, type Context, type Span, trace } from '@opentelemetry/api';
import { isObservable, type Observable, tap } from 'rxjs';
import { isPromise } from '../../operators/internal/toObservable.ts';
import { checkTools, type Tool, type ToolContext } from '../../src/tool.ts';
import { activeRun, outsideRuns, subscribeWithin } from './context.ts';
import {
  checkTraceOptions,
  type Outcome,
  quietly,
  Telemetry,
  toFailure,
  type TraceOptions,
} from './telemetry.ts';
import { beginTool, endTool } from './toolSpan.ts';

/**
 * Makes tools that run within spans of their own, so that the spans that they make are within those.
 *
 * A stream does not see when a tool begins, and cannot make its span the active one: {@link traceStream} makes the span
 * when the result is there. These tools begin it themselves, `execute_tool`, once for each attempt, and it is active while
 * they run, across Promises and Observables; a run that is traced makes none of its own for the call. All else of the
 * tools stays: a value that is there at once is there at once.
 *
 * ```text
 * execute:        ---x            x: the result
 * execute_tool:  |--|             traceTools([weather])
 * GET /weather:   |-|             of an instrumentation of HTTP
 * ```
 *
 * Errors as the tool does. A tool that is no longer wanted, because it is late, stopped or unsubscribed from, ends its span
 * with `rxllm.ended_by: 'abort'`.
 *
 * @throws {TypeError | RangeError} where an option or a tool is wrong, naming it
 *
 * @example
 * ```ts
 * const assistant = agent({ model, tools: traceTools([weather, time]) });
 * assistant.stream('Is it warm in Bern?').pipe(traceStream({ agentName: assistant.name })).subscribe();
 * ```
 */
export function traceTools<const Tools extends readonly Tool[]>(
  tools: Tools,
  options: TraceOptions = {},
): Tools {
  checkTraceOptions('traceTools', options);
  checkTools('traceTools', tools);
  return tools.map((tool) => traceTool(tool, options)) as readonly Tool[] as Tools;
}

function traceTool(tool: Tool, options: TraceOptions): Tool {
  return {
    ...tool,
    execute: (args, toolContext) => {
      const run = quietly(() => new ToolTrace(tool, args, toolContext, options));
      return run ? run.execute(() => tool.execute(args, toolContext)) : tool.execute(args, toolContext);
    },
  };
}

/** One run of a tool. */
class ToolTrace {
  readonly #telemetry: Telemetry;
  readonly #toolName: string;
  readonly #signal: AbortSignal;
  readonly #begunAt: number;
  readonly #span: Span;
  readonly #within: Context;
  readonly #onAbort = () => this.#end({ endedBy: 'abort' });
  #isEnded = false;

  constructor(tool: Tool, args: unknown, { toolCallId, signal }: ToolContext, options: TraceOptions) {
    const { name: toolName, description } = tool;
    const telemetry = new Telemetry(options);
    const parent = context.active();
    this.#telemetry = telemetry;
    this.#toolName = toolName;
    this.#signal = signal;
    this.#begunAt = telemetry.now();
    this.#span = beginTool(telemetry, this.#begunAt, parent, {
      toolCallId,
      toolName,
      description,
      arguments: args,
    });
    this.#within = outsideRuns(trace.setSpan(parent, this.#span));
    activeRun()?.takeInnerTool({ toolCallId, toolName });
    signal.addEventListener('abort', this.#onAbort);
  }

  execute(run: () => unknown): unknown {
    try {
      const returned = context.with(this.#within, run);
      if (isObservable(returned)) return this.#watch(returned);
      if (!isPromise(returned)) {
        this.#end({}, returned);
        return returned;
      }
      // Within, too: the queries of many databases are sent when they are waited for.
      return context.with(this.#within, () =>
        returned.then(
          (value) => {
            this.#end({}, value);
            return value;
          },
          (error: unknown) => {
            this.#fail(error);
            throw error;
          },
        ),
      );
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #watch(returned: Observable<unknown>): Observable<unknown> {
    let last: unknown;
    const watched = returned.pipe(
      tap({
        next: (value) => (last = value),
        error: (error: unknown) => this.#fail(error),
        complete: () => this.#end({}, last ?? null),
        unsubscribe: () => this.#end({ endedBy: 'abort' }),
      }),
    );
    return subscribeWithin(this.#within, watched);
  }

  #fail(error: unknown): void {
    const { type, message } = toFailure(error);
    this.#end({ failure: { type } }, message);
  }

  #end(outcome: Outcome, result?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    const run = { begunAt: this.#begunAt, toolName: this.#toolName };
    endTool(this.#telemetry, this.#span, run, outcome, result);
  }
}
