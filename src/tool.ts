import type { ObservableInput } from 'rxjs';
import { checkNumber, checkSchema, checkToolName } from './checkOptions.ts';
import type { Message } from './message.ts';
import type { InferOutput, Schema } from './schema.ts';

/** What the model is told of a tool. */
export interface ToolDefinition<Parameters extends Schema = Schema> {
  /** What the model calls it by: at most 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What the tool does and when to use it, in words for the model. */
  readonly description?: string;
  /** What it takes: an object schema. */
  readonly parameters: Parameters;
}

/** What a running tool knows beside its arguments. */
export interface ToolContext<Context = unknown> {
  /** Fires when the result is no longer wanted: unsubscribed, restarted, timed out or stopped. */
  readonly signal: AbortSignal;
  readonly toolCallId: string;
  /** The conversation up to the call, as far as the caller of the tool gave it. */
  readonly messages: readonly Message[];
  /** The caller's own value. */
  readonly context: Context;
}

/** How often a tool that fails is run again. */
export interface ToolRetry {
  /** How many times, after the first. */
  readonly count: number;
  /** Milliseconds before each. @defaultValue 0 */
  readonly delay?: number;
}

/**
 * A tool that can run.
 *
 * `execute` returns a value, a Promise or an Observable. Of an Observable every emission is a `tool-progress`
 * and the last one is also the result; one that completes empty has the result `null`.
 */
export interface Tool<
  Parameters extends Schema = Schema,
  Context = unknown,
> extends ToolDefinition<Parameters> {
  // A method, so that a tool of narrower arguments is still a `Tool`; the arguments are validated before the call.
  execute(args: InferOutput<Parameters>, context: ToolContext<Context>): unknown;
  /**
   * Milliseconds after which the tool is aborted and its result is an error; all its attempts together.
   *
   * @defaultValue the operator's `timeout`
   */
  readonly timeout?: number;
  /** Runs a tool that failed again; its progress then comes again too. @defaultValue a failure is the result */
  readonly retry?: ToolRetry;
  /** How many calls of this tool run at a time. @defaultValue the operator's `concurrency` alone */
  readonly concurrency?: number;
  /** Decides whether a call may run, see {@link ApprovalGate}. @defaultValue the operator's `approve` */
  readonly approve?: ApprovalGate | undefined;
}

/** What an {@link ApprovalGate} is asked. */
export interface ApprovalQuestion {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: unknown;
}

/** What an {@link ApprovalGate} answers when a plain yes or no is not enough. */
export interface ApprovalDecision {
  readonly approved: boolean;
  /** Told to the model when the call is denied. */
  readonly reason?: string;
  /** Run with these instead; validated like the model's own. */
  readonly arguments?: unknown;
  /** The further calls of this tool, in this run of this agent, are not asked about. @defaultValue false */
  readonly always?: boolean;
}

/**
 * Decides whether a tool call may run. Its first emission counts; completing without one denies.
 *
 * `later` leaves the call open: it does not run and gets no result. An agent's run then ends, and is resumed with the
 * decision when there is one, in another process if need be.
 */
export type ApprovalGate = (
  question: ApprovalQuestion,
) => ObservableInput<boolean | 'later' | ApprovalDecision>;

/**
 * Makes a tool, whose `execute` is typed by its schema.
 *
 * The object is the tool itself: a {@link Tool} can as well be written without this, with its types spelled out.
 *
 * @throws {TypeError | RangeError} where the name is none that providers take, `execute` is no function, the parameters are
 * no schema, or a number is out of range
 *
 * @example
 * ```ts
 * const weather = tool({
 *   name: 'weather',
 *   description: 'Tells the weather of a city',
 *   parameters: z.object({ city: z.string() }),
 *   execute: ({ city }) => ajax.getJSON(`https://example.org/weather/${city}`),
 * });
 * ```
 *
 * @see {@link executeTools} and `agent` of `rxllm/agents`, which run it.
 */
export function tool<Parameters extends Schema, Context = unknown>(
  definition: Tool<Parameters, Context>,
): Tool<Parameters, Context> {
  checkTools('tool', [definition]);
  checkSchema(`tool ${definition.name}`, definition.parameters);
  return definition;
}

/**
 * Checks tools that stand together: their names, functions and numbers.
 *
 * @throws {TypeError | RangeError} naming the function, the tool and the value
 */
export function checkTools(owner: string, tools: readonly Tool[]): void {
  const given: unknown = tools;
  if (!Array.isArray(given)) {
    throw new TypeError(`${owner}: tools must be an array, not ${typeof given}`);
  }
  const names = new Set<string>();
  for (const tool of tools) {
    if (Object(tool) !== tool) throw new TypeError(`${owner}: a tool must be an object, not ${typeof tool}`);
    const { name, timeout, retry, concurrency } = tool;
    checkToolName(owner, name);
    if (!/^[\w-]{1,64}$/.test(name)) {
      throw new TypeError(
        `${owner}: the name of a tool must be 1 to 64 letters, digits, "_" or "-", not ${JSON.stringify(name)}`,
      );
    }
    if (typeof tool.execute !== 'function') {
      throw new TypeError(`${owner}: execute of ${name} must be a function, not ${typeof tool.execute}`);
    }
    if (names.has(name)) throw new TypeError(`${owner}: two tools have the name ${name}`);
    names.add(name);
    checkNumber(owner, `timeout of ${name}`, timeout, { min: 1 });
    checkNumber(owner, `retry.count of ${name}`, retry?.count, { integer: true });
    checkNumber(owner, `retry.delay of ${name}`, retry?.delay);
    checkNumber(owner, `concurrency of ${name}`, concurrency, { min: 1, integer: true });
  }
}
