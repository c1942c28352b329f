import type { JsonValue } from '../../src/json.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import type { Blocks } from '../wire/blocks.ts';
import type { Emit } from '../wire/streamCall.ts';
import { addArguments, closeToolCall } from '../wire/toolCall.ts';
import { signatureFormat } from './messages.ts';
import type { WireContent } from './wire.ts';

/** A call that is being assembled. */
interface OpenCall {
  readonly content: WireContent;
  /** True where Anthropic runs the tool: `server_tool_use`, `mcp_tool_use`. */
  readonly isServer: boolean;
  toolCallId: string;
  /** None until the call has been announced. */
  block: number | undefined;
  argumentsText: string;
  /** Whether the wire has closed the block. */
  stopped: boolean;
}

/** Whether the model was stopped, so that its last call may be cut off although the block was closed. */
export function cutsOff(rawReason: string | null | undefined): boolean {
  return ['max_tokens', 'model_context_window_exceeded', 'refusal'].includes(rawReason ?? '');
}

/**
 * Assembles the tool calls of a message.
 *
 * The API closes the block of a call that ran out of tokens like any other. So a call whose arguments are empty or
 * cannot be read waits for what follows: another block, which shows that the call was over, or the reason of the end.
 *
 * A call that Anthropic runs itself is announced when it is complete. Cut off it is not told of at all, since nobody
 * could answer it.
 */
export class ToolCalls {
  readonly #numbers: Blocks;
  readonly #emit: Emit;
  readonly #maxLength: number;
  readonly #calls = new Map<number, OpenCall>();
  readonly #names = new Map<string, string>();
  #hasOwn = false;

  constructor(numbers: Blocks, emit: Emit, maxLength = Infinity) {
    this.#numbers = numbers;
    this.#emit = emit;
    this.#maxLength = maxLength;
  }

  /** Whether there was a call for the program, not for Anthropic, to run. */
  get hasOwn(): boolean {
    return this.#hasOwn;
  }

  /** The tool that was called with that id. */
  nameOf(toolCallId: string): string | undefined {
    return this.#names.get(toolCallId);
  }

  start(index: number, content: WireContent): void {
    const before = this.#calls.get(index);
    if (before) this.#finish(index, before, true);
    this.#calls.set(index, this.#open(content));
  }

  /** A call that has come in one piece; `isCut` where the model was stopped behind or within it. */
  addWhole(content: WireContent, isCut: boolean): void {
    const call = this.#open(content);
    const { toolCallId, block } = call;
    this.#add(call, toText(content.input ?? {}));
    if (!isCut) this.#close(call, false);
    else if (block !== undefined) {
      const { argumentsText } = call;
      const toolName = content.name ?? '';
      this.#emit({
        type: 'tool-call-invalid',
        toolCallId,
        toolName,
        argumentsText,
        reason: 'incomplete',
        block,
      });
    }
  }

  /** Takes a piece of the arguments. */
  add(index: number, text: string): void {
    const call = this.#calls.get(index);
    if (call) this.#add(call, text);
  }

  /** The wire has closed the block. */
  stop(index: number): void {
    const call = this.#calls.get(index);
    if (!call) return;
    call.stopped = true;
    this.#addInput(call);
    const isEmpty = call.argumentsText.trim() === '';
    if (!isEmpty && parseArguments(call.argumentsText).arguments) this.#finish(index, call, false);
  }

  /** The model has gone on to another block: what was closed before is all there is of it. */
  settle(): void {
    for (const [index, call] of this.#calls) if (call.stopped) this.#finish(index, call, false);
  }

  /** Closes all calls. */
  end(rawReason: string | undefined): void {
    const isCut = cutsOff(rawReason);
    for (const [index, call] of this.#calls) {
      this.#addInput(call);
      this.#finish(index, call, isCut || (!call.stopped && rawReason !== 'tool_use'));
    }
  }

  #open(content: WireContent): OpenCall {
    const isServer = content.type !== 'tool_use';
    const call: OpenCall = {
      content,
      isServer,
      toolCallId: content.id ?? '',
      block: undefined,
      argumentsText: '',
      stopped: false,
    };
    if (!isServer) {
      this.#hasOwn = true;
      this.#announce(call);
    }
    return call;
  }

  #add(call: OpenCall, text: string): void {
    if (text === '' || call.stopped) return;
    call.argumentsText = addArguments(call.argumentsText, text, this.#maxLength);
    this.#emitDelta(call, text);
  }

  /** Some calls come with all their arguments at the start of the block, and no delta. */
  #addInput(call: OpenCall): void {
    const { input } = call.content;
    const text = input === undefined || input === null ? '' : toText(input);
    if (call.argumentsText !== '' || text === '{}') return;
    call.argumentsText = text;
    if (text !== '') this.#emitDelta(call, text);
  }

  #emitDelta({ block, toolCallId }: OpenCall, argumentsDelta: string): void {
    if (block !== undefined) this.#emit({ type: 'tool-call-delta', toolCallId, argumentsDelta, block });
  }

  #finish(index: number, call: OpenCall, isCut: boolean): void {
    this.#calls.delete(index);
    this.#close(call, isCut);
  }

  #close(call: OpenCall, isCut: boolean): void {
    const { toolCallId, argumentsText, isServer, block } = call;
    const toolName = call.content.name ?? '';
    const chunk = closeToolCall({ toolCallId, toolName, argumentsText, block: block ?? 0 }, isCut);
    if (!isServer) {
      this.#emit(chunk);
    } else if (chunk.type === 'tool-call') {
      const number = this.#announce(call);
      if (argumentsText !== '') this.#emitDelta(call, argumentsText);
      this.#emit({ ...chunk, toolCallId: call.toolCallId, block: number, providerExecuted: true });
    }
  }

  #announce(call: OpenCall): number {
    const { content } = call;
    const block = (call.block = this.#numbers.next());
    const toolName = content.name ?? '';
    if (call.toolCallId === '') call.toolCallId = `call_${block}`;
    this.#names.set(call.toolCallId, toolName);
    this.#emit({ type: 'tool-call-start', toolCallId: call.toolCallId, toolName, block });

    const data = toData(content);
    if (data)
      this.#emit({ type: 'thinking-signature', block, format: signatureFormat, data: data as JsonValue });
    return block;
  }
}

/** What of a call goes back beside its arguments: all of a server's, and who asked for it where the model did not. */
function toData(content: WireContent): object | undefined {
  const { input: _, ...rest } = content;
  if (content.type !== 'tool_use') return rest;
  const {
    type: __,
    id: ___,
    name: ____,
    caller,
    ...extras
  } = rest as typeof rest & {
    readonly caller?: { readonly type?: string } | null;
  };
  const data = { ...extras, ...(caller && caller.type !== 'direct' && { caller }) };
  return Object.keys(data).length > 0 ? data : undefined;
}

function toText(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}
