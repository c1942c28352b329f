import {
  asyncScheduler,
  concat,
  connect,
  defer,
  EMPTY,
  filter,
  from,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  type SchedulerLike,
  startWith,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { FinishChunk, RestartChunk, StreamChunk } from '../src/chunk.ts';
import { GrammarError } from '../src/errors.ts';
import type { Message } from '../src/message.ts';
import type { Schema } from '../src/schema.ts';
import { type ApprovalGate, checkTools, type Tool } from '../src/tool.ts';
import { type StopNotifier, toStop } from './internal/stopNotifier.ts';
import { refuse, ToolRun, type ToolStep } from './internal/toolRun.ts';
import { ToolTurns } from './internal/toolTurns.ts';
import { Turnstile } from './internal/turnstile.ts';

/** Options of {@link executeTools}. */
export interface ExecuteToolsOptions {
  /** How many tools run at a time; the others wait in the order of their calls. @defaultValue Infinity */
  readonly concurrency?: number;
  /** Milliseconds after which a tool that has no `timeout` of its own is aborted. @defaultValue no limit */
  readonly timeout?: number;
  /** Asked before each run of a tool that has no gate of its own. @defaultValue every call may run */
  readonly approve?: ApprovalGate;
  /**
   * Whether a tool starts when its call is complete or when the model has finished.
   *
   * `finished` for tools whose effects cannot be taken back: behind `finish` no `restart` can void their call.
   *
   * @defaultValue 'called'
   */
  readonly startTools?: 'called' | 'finished';
  /** The conversation up to the call, for {@link ToolContext}. @defaultValue none */
  readonly messages?: readonly Message[];
  /** A value of your own, for {@link ToolContext}. @defaultValue undefined */
  readonly context?: unknown;
  /**
   * Stops the tools gracefully: running ones are aborted, waiting ones do not start, and all get an error result. The
   * completion of an Observable does not stop. Put it on the model too, with {@link interruptOn}.
   *
   * @defaultValue only a call that finishes as `aborted` stops them
   */
  readonly interruptOn?: StopNotifier;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Runs the tools that the model calls and adds their results to the stream.
 *
 * It never calls the model: what to do with the results is up to the one who made the request. Every chunk passes at
 * once, `finish` included, so results come where they are ready: between the chunks of the call or behind its
 * `finish`. A tool may return a value, a Promise or an Observable; what answers synchronously is answered in the same
 * frame. Arguments are checked first, then the gate is asked, then the tool waits for its turn; `timeout` and
 * `durationMs` count from there. Whatever goes wrong with a tool is a result with `isError` and words that the model
 * can act on, never an error of the stream: an unknown name, arguments that do not fit, a denial, a failure, a timeout.
 *
 * Each call gets one result, so that the conversation stays valid. A call that was cut off or is not JSON never runs
 * and gets an error result at once, whatever the call finishes with; a complete one runs even behind `length`. When the
 * call finishes as `aborted`, running tools are aborted and waiting ones do not start, and both get an error result.
 * At a `restart` the tools of the voided call are aborted without one. What the provider runs itself is not touched.
 *
 * ```text
 * source:   s-c-d-------f|          s: start, c d: tool calls, f: finish
 * weather:    -----------(x|)       run by c
 * time:         --(y|)              run by d
 * result:   s-c-d-(pY)--f(pX|)      executeTools([weather, time]), p: tool-progress, X Y: tool-result
 * ```
 *
 * Errors with what the source errors with; running tools are aborted. Put it on one model call: with
 * {@link GrammarError} when a further `start` comes while tools of the call before still run, since their results
 * would then belong to the wrong call. Unsubscribing aborts the tools: their signal fires, their Observables are
 * unsubscribed from.
 *
 * @example
 * ```ts
 * const weather = {
 *   name: 'weather',
 *   parameters: z.object({ city: z.string() }),
 *   execute: ({ city }: { city: string }) => ajax.getJSON(`https://example.org/weather/${city}`),
 * };
 * model.stream({ messages, tools: [weather] }).pipe(executeTools([weather], { timeout: 10_000 }));
 * ```
 *
 * @see {@link Tool} for what a tool is given and may return.
 * @see {@link interruptOn} to stop the model, and with it the tools, gracefully; put it before this.
 */
export function executeTools<Parameters extends readonly Schema[]>(
  tools: { readonly [Index in keyof Parameters]: Tool<Parameters[Index]> },
  options: ExecuteToolsOptions = {},
): MonoTypeOperatorFunction<StreamChunk> {
  const { concurrency = Infinity, startTools = 'called', timeout, approve } = options;
  const { messages = [], context, interruptOn = NEVER, scheduler = asyncScheduler } = options;
  checkNumber('executeTools', 'concurrency', concurrency, { min: 1, integer: true });
  checkNumber('executeTools', 'timeout', timeout, { min: 1 });
  checkOneOf('executeTools', 'startTools', startTools, ['called', 'finished']);
  const stop = toStop(interruptOn);
  checkTools('executeTools', tools);
  const byName = new Map<string, Tool>(tools.map((tool) => [tool.name, tool]));
  const settings = { tools: byName, timeout, approve, messages, context, scheduler };

  return (source) =>
    defer(() => {
      let runs: ToolRun[] = [];
      let isStopped = false;
      const entrance = new Turnstile();
      const exit = new Turnstile();

      const begin = (chunk: StreamChunk) => {
        if (chunk.type !== 'start') return;
        if (runs.some(({ isAnswered }) => !isAnswered)) {
          throw new GrammarError('Unexpected start: tools of the call before still run');
        }
        runs = [];
      };

      /** Fails the calls that have no result. */
      const abort = (): Observable<StreamChunk> => {
        const open = runs.filter(({ isAnswered }) => !isAnswered);
        runs = [];
        return from(open.map((run) => run.abort()));
      };

      const end = (cut?: CutChunk): Observable<StreamChunk> => {
        if (cut?.type === 'finish') return abort();
        runs = [];
        return EMPTY;
      };

      const take = (chunk: StreamChunk): Observable<ToolStep> => {
        if (chunk.type === 'tool-call-invalid') return of(refuse(chunk));
        if (chunk.type === 'finish') {
          return startTools === 'finished' && !isStopped ? merge(...runs.map((run) => run.prepare())) : EMPTY;
        }
        if (chunk.type !== 'tool-call' || chunk.providerExecuted) return EMPTY;
        const run = new ToolRun(chunk, settings);
        if (isStopped) return of(run.abort());
        runs.push(run);
        return startTools === 'called' ? run.prepare() : EMPTY;
      };

      // From the moment itself no tool begins; the results come when the chunk under way has reached all.
      const stopped = stop.pipe(
        tap(() => (isStopped = true)),
        entrance.pass(),
      );

      return source.pipe(
        entrance.pass(),
        tap(begin),
        connect((chunks) => {
          const answers = chunks.pipe(filter(isOfTools), mergeMap(take), runInTurn(concurrency));
          const answersByCall = chunks.pipe(
            filter(isCut),
            startWith(undefined),
            switchMap((cut) => concat(end(cut), answers)),
          );
          return merge(
            chunks,
            concat(
              answersByCall.pipe(takeUntil(stopped)),
              defer(() => (isStopped ? concat(abort(), answers) : EMPTY)),
            ),
          );
        }),
        exit.pass(),
      );
    });
}

/** Ends the running tools of a call: it is void, or was stopped. */
type CutChunk = RestartChunk | FinishChunk;

/** Passes chunks on at once, and lets so many tools run at a time. */
function runInTurn(concurrency: number): OperatorFunction<ToolStep, StreamChunk> {
  return (steps) =>
    defer(() => {
      const turns = new ToolTurns(concurrency);
      return steps.pipe(
        mergeMap((step) => ('chunks' in step ? turns.inTurn(step.tool, step.chunks) : of(step))),
      );
    });
}

function isCut(chunk: StreamChunk): chunk is CutChunk {
  return chunk.type === 'restart' || (chunk.type === 'finish' && chunk.reason === 'aborted');
}

function isOfTools({ type }: StreamChunk): boolean {
  return type === 'tool-call' || type === 'tool-call-invalid' || type === 'finish';
}
