import { type Context, trace } from '@opentelemetry/api';
import { toToolName } from '../../agents/internal/handoffs.ts';
import type { ChunkOf, StartChunk, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts, toErrorFacts } from '../../src/errors.ts';
import { AgentTrace } from './agentTrace.ts';
import { addRestart, CallTrace, type KnownCall } from './callTrace.ts';
import { type Outcome, quietly, type Telemetry, toFailure, toTime } from './telemetry.ts';
import type { ToolCall } from './toolSpan.ts';
import { ToolTraces } from './toolTraces.ts';

/** A call that has finished. */
interface HeldCall {
  readonly call: CallTrace;
  readonly at: number;
  readonly finish: ChunkOf<'finish'>;
}

/** What one subscription to a stream is in a trace, made of its chunks. */
export class StreamTrace {
  readonly #telemetry: Telemetry;
  readonly #parent: Context;
  readonly #outer: StreamTrace | undefined;
  /** The agent that was asked, and the one at work. */
  #run: AgentTrace | undefined;
  #agent: AgentTrace | undefined;
  /** The one that makes the next call, once a tool has handed over. */
  #next: string | undefined;
  #call: CallTrace | undefined;
  /** Whether a call is open that is traced within, by `traceModel` or another operator. */
  #isInner = false;
  /** Calls that were begun within since the last `start`. */
  #innerCalls = 0;
  /** All calls so far, those within included. */
  #calls = 0;
  /** A call that may be one that a resumed run tells again, for which nothing is asked: it shows with the next chunk. */
  #held: HeldCall | undefined;
  /** When the next call begins, as far as it can be seen from here. */
  #begunAt: number;
  readonly #tools: ToolTraces;
  #isEnded = false;

  constructor(telemetry: Telemetry, parent: Context, outer?: StreamTrace, agentName?: string) {
    this.#telemetry = telemetry;
    this.#parent = parent;
    this.#outer = outer;
    this.#begunAt = telemetry.now();
    this.#tools = new ToolTraces(telemetry);
    if (agentName !== undefined) this.#open(agentName);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The context of the agent at work, or of the subscriber. */
  get current(): Context {
    return this.#agent?.context ?? this.#parent;
  }

  /** Begins the span of a call of which all is known, and gives its context. */
  beginCall(known: KnownCall): Context {
    this.#outer?.takeInnerCall(true);
    this.#calls = 1;
    this.#call = new CallTrace(this.#telemetry, this.#begunAt, known);
    return trace.setSpan(this.#parent, this.#call.begin(this.#parent, known));
  }

  /** A call has a span from within; where that has to begin at once, so has the run. */
  takeInnerCall(isAtOnce: boolean): void {
    // An agent asks nothing before all tools have answered, so this is what a tool asks.
    if (this.#run?.name !== undefined && this.#tools.areOpen) return;
    this.#calls += 1;
    this.#innerCalls += 1;
    if (!isAtOnce) return;
    if (!this.#run) this.#open();
    else if (this.#next !== undefined) this.#enter(this.#next);
  }

  /** A tool has a span from within. */
  takeInnerTool(call: ToolCall): void {
    this.#tools.takeInner(call);
  }

  take(chunk: StreamChunk): void {
    if (this.#isEnded) return;
    if (this.#held) this.#settle(this.#held, chunk);
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
      case 'thinking-delta':
      case 'tool-call-delta':
        this.#call?.takeDelta(chunk);
        break;
      case 'tool-call':
        this.#call?.takeContent(chunk);
        if (!chunk.providerExecuted) this.#tools.take(chunk, this.#run !== undefined);
        break;
      case 'tool-call-start':
      case 'tool-call-invalid':
      case 'thinking-signature':
      case 'source':
        this.#call?.takeContent(chunk);
        break;
      case 'usage':
        if (this.#call) this.#call.usage = chunk.usage;
        break;
      case 'start':
        this.#takeStart(chunk);
        break;
      case 'restart':
        this.#takeRestart(chunk);
        break;
      case 'finish':
        this.#takeFinish(chunk);
        break;
      case 'approval-request':
        this.#takeApproval(chunk);
        break;
      case 'tool-progress':
        this.#tools.takeProgress(chunk);
        break;
      case 'tool-result':
        if (chunk.providerExecuted) this.#call?.takeContent(chunk);
        else this.#takeResult(chunk);
        break;
      case 'message':
        this.#begunAt = this.#telemetry.now();
        break;
      case 'run-finish':
        if (!this.#run) this.#open(chunk.lastAgent);
        this.#run?.takeTotals(chunk);
        break;
      case 'error':
        this.fail(errorFromFacts(chunk.error));
        break;
      default:
    }
  }

  complete(): void {
    this.#end({});
  }

  fail(error: unknown): void {
    this.#callIfNone();
    this.#call?.takeProvider(toErrorFacts(error).provider);
    this.#end({ failure: toFailure(error) });
  }

  unsubscribe(): void {
    this.#callIfNone();
    this.#end({ endedBy: 'unsubscribe' });
  }

  /** Before the first chunk nobody knows what it would have been; most likely a call. */
  #callIfNone(): void {
    if (this.#isEnded || this.#run || this.#calls > 0) return;
    this.#call = new CallTrace(this.#telemetry, this.#begunAt);
    quietly(() => this.#outer?.takeInnerCall(true));
  }

  #open(name?: string, provider?: string): void {
    this.#run = new AgentTrace(this.#telemetry, this.#begunAt, this.#parent, name, provider);
    this.#agent = this.#run;
  }

  #takeStart(chunk: StartChunk): void {
    const { agent, provider } = chunk;
    if (agent !== undefined) this.#enter(agent, provider);
    this.#next = undefined;
    const isOpen = this.#call !== undefined || this.#isInner;
    if (!isOpen) {
      this.#tools.clear();
      this.#isInner = this.#innerCalls > 0;
      this.#beginIfOwn();
    }
    this.#innerCalls = 0;
    this.#call?.takeStart(chunk);
  }

  #beginIfOwn(): void {
    if (this.#isInner) return;
    this.#calls += 1;
    this.#call = new CallTrace(this.#telemetry, this.#begunAt);
    if (!this.#run) this.#outer?.takeInnerCall(false);
  }

  /** Makes the agent of a call the one at work: that of the run, or another one within, by a handoff. */
  #enter(name: string, provider?: string): void {
    const run = this.#run;
    if (!run) {
      this.#open(name, provider);
      return;
    }
    if (run.name === undefined) run.tell(name);
    if (name !== this.#agent?.name) this.#change(run, name);
    this.#agent?.tell(name, provider);
  }

  #change(run: AgentTrace, name: string): void {
    this.#leave({});
    if (name === run.name) return;
    this.#agent = new AgentTrace(this.#telemetry, this.#begunAt, run.context, name);
  }

  /** Ends the agent that the run was handed over to. */
  #leave(outcome: Outcome): void {
    if (this.#agent !== this.#run) this.#agent?.end(outcome);
    this.#agent = this.#run;
  }

  #takeRestart(chunk: ChunkOf<'restart'>): void {
    this.#tools.cut('restart', this.current);
    this.#next = undefined;
    if (!this.#call && !this.#isInner) {
      this.#isInner = this.#innerCalls > 0;
      this.#innerCalls = 0;
      this.#beginIfOwn();
    }
    if (this.#call) this.#call.takeRestart(chunk);
    else if (this.#agent) addRestart(this.#agent.span, this.#telemetry.now(), chunk);
  }

  #takeFinish(chunk: ChunkOf<'finish'>): void {
    const call = this.#call;
    this.#call = undefined;
    this.#isInner = false;
    const at = this.#telemetry.now();
    this.#begunAt = at;
    if (!call) return;
    const { reason, rawReason, usage } = chunk;
    const isDoubtful = rawReason === undefined && usage === undefined && reason === 'tool-calls';
    if (this.#run && this.#calls === 1 && isDoubtful) this.#held = { call, at, finish: chunk };
    else call.end(at, {}, this.current, chunk);
  }

  /** Ends a call that was in doubt, if the message follows that an agent tells of what it has asked for. */
  #settle({ call, at, finish }: HeldCall, next?: StreamChunk): void {
    this.#held = undefined;
    if (next && next.type !== 'message') return;
    quietly(() => call.end(at, {}, this.current, finish));
  }

  #takeApproval({ toolCallId, toolName }: ChunkOf<'approval-request'>): void {
    this.#tools.wait(toolCallId);
    this.#agent?.span.addEvent(
      'rxllm.approval_request',
      { 'gen_ai.tool.name': toolName, 'gen_ai.tool.call.id': toolCallId },
      toTime(this.#telemetry.now()),
    );
  }

  #takeResult(chunk: ChunkOf<'tool-result'>): void {
    this.#begunAt = this.#telemetry.now();
    this.#next ??= toHandoff(chunk);
    this.#tools.takeResult(chunk, this.current);
  }

  #end(outcome: Outcome): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (outcome.failure) this.#tools.cut('error', this.current);
    else if (outcome.endedBy) this.#tools.cut(outcome.endedBy, this.current);
    if (this.#held) this.#settle(this.#held);
    quietly(() => this.#call?.end(this.#telemetry.now(), outcome, this.current));
    // A connection that is kept may hold the context, and with it this, for long.
    this.#call = undefined;
    this.#leave(outcome);
    this.#run?.end(outcome);
  }
}

/** The agent that a tool has handed over to, where it is one that does. */
function toHandoff({ toolName, result }: ChunkOf<'tool-result'>): string | undefined {
  const ending = ' takes over.';
  if (typeof result !== 'string' || !result.endsWith(ending)) return undefined;
  const name = result.slice(0, -ending.length);
  return toToolName(`transfer_to_${name}`) === toolName ? name : undefined;
}
