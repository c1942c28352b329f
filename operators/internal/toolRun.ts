import {
  catchError,
  concat,
  defaultIfEmpty,
  defer,
  filter,
  from,
  ignoreElements,
  isObservable,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  retry,
  type SchedulerLike,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { StreamChunk, ToolCallChunk, ToolCallInvalidChunk, ToolResultChunk } from '../../src/chunk.ts';
import { toErrorFacts } from '../../src/errors.ts';
import type { Message } from '../../src/message.ts';
import { formatIssues, validate } from '../../src/schema.ts';
import type { ApprovalDecision, ApprovalGate, Tool } from '../../src/tool.ts';
import { longestDelay } from './deadline.ts';
import { toObservable } from './toObservable.ts';

/** One answer of a gate. */
export type GateAnswer = boolean | 'later' | ApprovalDecision;

/** What all runs of one {@link executeTools} have in common. */
export interface ToolRunSettings {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly timeout: number | undefined;
  readonly approve: ApprovalGate | undefined;
  readonly messages: readonly Message[];
  readonly context: unknown;
  readonly scheduler: SchedulerLike;
}

/** A chunk for the stream, or a run that waits for its turn. */
export type ToolStep = StreamChunk | ReadyRun;

/** A call that may run. */
interface ReadyRun {
  readonly tool: Tool;
  readonly chunks: Observable<StreamChunk>;
}

/** The result of a call that was stopped, in words for the model. */
export const abortedResult = 'The call was aborted before it had a result.';

/** One complete tool call on its way to its result. */
export class ToolRun {
  readonly #call: ToolCallChunk;
  readonly #settings: ToolRunSettings;
  #startedAt: number | undefined;
  #isAnswered = false;

  constructor(call: ToolCallChunk, settings: ToolRunSettings) {
    this.#call = call;
    this.#settings = settings;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Checks the call and asks for approval. Emits the chunks of that, and last the run itself if it may begin. */
  prepare(): Observable<ToolStep> {
    const { toolCallId, toolName, arguments: args } = this.#call;
    const { tools } = this.#settings;
    const tool = tools.get(toolName);
    if (!tool) {
      const names = [...tools.keys()].join(', ') || 'none';
      return of(this.#fail(`There is no tool "${toolName}". The tools are: ${names}.`));
    }
    const approve = tool.approve ?? this.#settings.approve;
    const question = { toolCallId, toolName, arguments: args };

    const approved = (valid: unknown): Observable<ToolStep> =>
      approve
        ? concat(
            of<StreamChunk>({ type: 'approval-request', ...question }),
            ask(() => approve(question)).pipe(
              mergeMap((edited) => (edited === undefined ? of(valid) : check(tool, edited))),
              map((last) => ({ tool, chunks: this.#run(tool, last) })),
            ),
          )
        : of({ tool, chunks: this.#run(tool, valid) });

    return check(tool, args).pipe(
      mergeMap(approved),
      catchError((error: unknown) => of(this.#fail(messageOf(error)))),
    );
  }

  /** The result of a call that was stopped. */
  abort(): ToolResultChunk {
    return this.#fail(abortedResult);
  }

  /** The result of a call that failed, in words for the model. */
  #fail(why: string): ToolResultChunk {
    return this.#answer(why, true);
  }

  #run(tool: Tool, args: unknown): Observable<StreamChunk> {
    const { messages, context, scheduler } = this.#settings;
    const { toolCallId, toolName } = this.#call;
    const limit = tool.timeout ?? this.#settings.timeout;
    const { count = 0, delay = 0 } = tool.retry ?? {};

    return defer(() => {
      const controller = new AbortController();
      let isLate = false;
      let last: unknown;
      this.#startedAt = scheduler.now();

      const output = defer(() => {
        last = undefined;
        const returned = tool.execute(args, { signal: controller.signal, toolCallId, messages, context });
        const tell: OperatorFunction<unknown, StreamChunk> = isObservable(returned)
          ? map((value) => ({ type: 'tool-progress', toolCallId, toolName, value }))
          : ignoreElements();
        return toObservable(returned).pipe(
          tap((value) => (last = value)),
          tell,
        );
      }).pipe(retry({ count, delay: () => (delay > 0 ? timer(delay, scheduler) : of(0)) }));
      const late =
        limit === undefined
          ? NEVER
          : timer(Math.min(limit, longestDelay), scheduler).pipe(tap(() => (isLate = true)));
      const end = () =>
        isLate
          ? this.#fail(`The tool "${toolName}" did not answer within ${limit} ms.`)
          : this.#answer(last ?? null);

      return concat(
        output.pipe(tap({ unsubscribe: () => controller.abort() }), takeUntil(late)),
        defer(() => of(end())),
      ).pipe(
        catchError((error: unknown) => of(this.#fail(`The tool "${toolName}" failed: ${messageOf(error)}`))),
      );
    });
  }

  #answer(result: unknown, isError = false): ToolResultChunk {
    const { toolCallId, toolName } = this.#call;
    this.#isAnswered = true;
    const durationMs = this.#startedAt === undefined ? 0 : this.#settings.scheduler.now() - this.#startedAt;
    return { type: 'tool-result', toolCallId, toolName, result, isError, durationMs };
  }
}

/** The result of a call that must not run, so that the conversation can go on. */
export function refuse({ toolCallId, toolName, reason }: ToolCallInvalidChunk): ToolResultChunk {
  const result = `The tool was not run: its arguments ${faults[reason]}.`;
  return { type: 'tool-result', toolCallId, toolName, result, isError: true, durationMs: 0 };
}

const faults = {
  incomplete: 'were cut off before they were complete',
  'invalid-json': 'are not valid JSON',
  'not-an-object': 'are not a JSON object',
} as const;

/** Emits the arguments as the schema returns them; synchronously, unless the schema is not. */
function check(tool: Tool, args: unknown): Observable<unknown> {
  return defer(() => toObservable(validate(tool.parameters, args))).pipe(
    map((checked) => {
      if (checked.valid) return checked.value;
      throw new Error(`The arguments do not fit: ${formatIssues(checked.issues)}`);
    }),
  );
}

/**
 * Emits the arguments that the gate wants instead, `undefined` for the model's own, nothing when the call is to wait;
 * fails when it is denied.
 */
function ask(gate: () => ReturnType<ApprovalGate>): Observable<unknown> {
  return defer(() => toAnswers(gate())).pipe(
    catchError((error: unknown) => {
      throw new Error(`The call could not be approved: ${messageOf(error)}`);
    }),
    take(1),
    defaultIfEmpty(false),
    filter((answer) => answer !== 'later'),
    map((answer) => {
      const {
        approved,
        reason,
        arguments: edited,
      } = typeof answer === 'boolean' ? { approved: answer } : answer;
      if (approved) return edited;
      throw new Error(reason === undefined ? 'The call was denied.' : `The call was denied: ${reason}`);
    }),
  );
}

function messageOf(error: unknown): string {
  const { message, name } = toErrorFacts(error);
  return message || name;
}

/** What a gate answers; without types it may be the answer itself. */
export function toAnswers(given: ReturnType<ApprovalGate> | GateAnswer): Observable<GateAnswer> {
  const isAnswer = typeof given === 'boolean' || given === 'later' || 'approved' in Object(given);
  return isAnswer ? of(given as GateAnswer) : from(given as ReturnType<ApprovalGate>);
}
