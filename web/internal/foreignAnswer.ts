import { Blocks } from '../../providers/wire/blocks.ts';
import { closeToolCall } from '../../providers/wire/toolCall.ts';
import type { FinishReason, StreamChunk, ToolCallChunk, ToolCallInvalidChunk } from '../../src/chunk.ts';
import type { JsonObject } from '../../src/json.ts';
import type { InvalidToolCallReason, Source, ThinkingKind } from '../../src/message.ts';

/** A tool call of the open call, or of the one that has just finished. */
interface ForeignCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly block: number;
  isProviderExecuted: boolean;
  text: string;
  closed?: ToolCallChunk | ToolCallInvalidChunk;
  hasResult: boolean;
}

/** The answer of a server that knows nothing of us, as chunks that obey our grammar. */
export class ForeignAnswer {
  readonly #provider: string;
  #chunks: StreamChunk[] = [];
  #blocks = new Blocks();
  #calls = new Map<string, ForeignCall>();
  #textBlock: number | undefined;
  #attempt = 1;
  #isOpen = false;
  /** The server's id of the answer. */
  responseId: string | undefined;

  constructor(provider: string) {
    this.#provider = provider;
  }

  /** The chunks since the last look. */
  take(): readonly StreamChunk[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  /** Whether all calls that this side runs have a result, and there are some: what follows is another round. */
  get isAnswered(): boolean {
    let hasOwn = false;
    for (const { isProviderExecuted, hasResult } of this.#calls.values()) {
      if (isProviderExecuted) continue;
      if (!hasResult) return false;
      hasOwn = true;
    }
    return this.#isOpen && hasOwn;
  }

  begin(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#blocks = new Blocks();
    this.#calls = new Map();
    this.#textBlock = undefined;
    const { responseId } = this;
    this.#chunks.push({
      type: 'start',
      provider: this.#provider,
      model: 'unknown',
      ...(responseId !== undefined && { responseId }),
    });
  }

  text(id: string, text: string): void {
    this.begin();
    const block = (this.#textBlock = this.#blocks.at(`text ${id}`));
    this.#chunks.push({ type: 'text-delta', text, block });
  }

  thinking(id: string, text: string, kind: ThinkingKind = 'thinking'): void {
    this.begin();
    this.#chunks.push({ type: 'thinking-delta', text, block: this.#blocks.at(`thinking ${id}`), kind });
  }

  source(source: Source): void {
    this.begin();
    this.#chunks.push({ type: 'source', block: (this.#textBlock ??= this.#blocks.at('sources')), ...source });
  }

  /** Announces a call, where it is not yet. `id` is the server's, by which it is spoken of from now on. */
  openCall(id: string, toolName: string, { isProviderExecuted = false, toolCallId = id } = {}): void {
    this.begin();
    const known = this.#calls.get(id);
    if (known) {
      known.isProviderExecuted ||= isProviderExecuted;
      return;
    }
    const block = this.#blocks.next();
    this.#calls.set(id, { toolCallId, toolName, block, isProviderExecuted, text: '', hasResult: false });
    this.#chunks.push({ type: 'tool-call-start', toolCallId, toolName, block });
  }

  addArguments(id: string, argumentsDelta: string): void {
    const call = this.#openCallOf(id);
    if (!call) throw new TypeError(`no tool call ${id} is open`);
    const { toolCallId, block } = call;
    call.text += argumentsDelta;
    this.#chunks.push({ type: 'tool-call-delta', toolCallId, argumentsDelta, block });
  }

  /** Closes a call whose arguments came as text. */
  endCall(id: string): void {
    const call = this.#openCallOf(id);
    if (call) this.#close(call, closeToolCall({ ...call, argumentsText: call.text }, false));
  }

  /** Closes a call with the value of its arguments. */
  endCallWith(id: string, input: unknown): void {
    const call = this.#openCallOf(id);
    if (!call) return;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      this.refuseCall(id, JSON.stringify(input ?? null), 'not-an-object');
      return;
    }
    const { toolCallId, toolName, block } = call;
    this.#close(call, { type: 'tool-call', toolCallId, toolName, arguments: input as JsonObject, block });
  }

  /** Closes a call that must not run. */
  refuseCall(id: string, argumentsText: string, reason: InvalidToolCallReason): void {
    const call = this.#openCallOf(id);
    if (!call) return;
    const { toolCallId, toolName, block } = call;
    this.#close(call, { type: 'tool-call-invalid', toolCallId, toolName, argumentsText, reason, block });
  }

  result(id: string, result: unknown, isError: boolean): void {
    const call = this.#calls.get(id);
    const { toolCallId = id, toolName = '', isProviderExecuted = false } = call ?? {};
    if (call) call.hasResult = true;
    const inside = isProviderExecuted &&
      this.#isOpen && { providerExecuted: true, block: this.#blocks.next() };
    this.#chunks.push({
      type: 'tool-result',
      toolCallId,
      toolName,
      result,
      isError,
      durationMs: 0,
      ...inside,
    });
  }

  progress(id: string, value: unknown): void {
    const { toolCallId = id, toolName = '' } = this.#calls.get(id) ?? {};
    this.#chunks.push({ type: 'tool-progress', toolCallId, toolName, value });
  }

  askApproval(id: string): void {
    const call = this.#calls.get(id)?.closed;
    if (call?.type !== 'tool-call') return;
    const { toolCallId, toolName, arguments: args } = call;
    this.#chunks.push({ type: 'approval-request', toolCallId, toolName, arguments: args });
  }

  /** Ends the open call; without a reason with the one that fits. */
  finish(reason?: FinishReason, metadata: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#isOpen) return;
    for (const [id, { text }] of this.#calls) this.refuseCall(id, text, 'incomplete');
    this.#isOpen = false;
    const hasCalled = [...this.#calls.values()].some(({ isProviderExecuted }) => !isProviderExecuted);
    this.#chunks.push({ type: 'finish', reason: reason ?? (hasCalled ? 'tool-calls' : 'stop'), metadata });
  }

  /** Voids the open call. */
  restart(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#attempt += 1;
    const error = { name: 'StreamInterruptedError', message: 'The server repeats its step', retryable: true };
    const attempt = this.#attempt;
    this.#chunks.push({ type: 'restart', attempt, maxAttempts: attempt, delayMs: 0, error });
  }

  #openCallOf(id: string): ForeignCall | undefined {
    const call = this.#calls.get(id);
    return call?.closed ? undefined : call;
  }

  #close(call: ForeignCall, closed: ToolCallChunk | ToolCallInvalidChunk): void {
    call.closed =
      closed.type === 'tool-call' && call.isProviderExecuted ? { ...closed, providerExecuted: true } : closed;
    this.#chunks.push(call.closed);
  }
}

/** A field of an event that has to be a string. */
export function stringOf(event: Readonly<Record<string, unknown>>, name: string): string {
  const value = event[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} of ${String(event['type'])} should be a string, not ${JSON.stringify(value)}`);
}
