import type { StreamChunk } from '../../src/chunk.ts';
import type { Blocks } from '../wire/blocks.ts';
import type { Emit } from '../wire/streamCall.ts';
import { closeToolCall } from '../wire/toolCall.ts';
import { ArgumentsText } from './argumentsText.ts';
import type { WireToolCall } from './wire.ts';

/** A call that is being assembled. `block` and `toolCallId` are known once the call has been announced. */
interface OpenCall {
  /** How many calls were opened before it. */
  readonly position: number;
  readonly index: number | undefined;
  /** The server's id, '' where it has given none: what we call the call then tells nothing of its pieces. */
  id: string;
  toolCallId: string;
  name: string;
  readonly arguments: ArgumentsText;
  block: number | undefined;
  closed: boolean;
}

/**
 * Assembles tool calls from the pieces of Chat Completions, whichever way a server tells them apart.
 *
 * A piece belongs to the call with its id, else with its index, else to the latest one. It opens a new call when
 * neither is known, and also when a server gives several calls the same index (Ollama's: always 0) but another id
 * and a name, or a name and no id after arguments that are complete. Empty ids and names never overwrite, arguments
 * that are complete take no more, and a piece that fits nowhere makes a call that is rejected.
 */
export class ToolCallAssembler {
  readonly #calls: OpenCall[] = [];
  /** The latest call of each index, of each id, and of each id with an index: there may be thousands. */
  readonly #byIndex = new Map<number, OpenCall>();
  readonly #byId = new Map<string, OpenCall>();
  readonly #blocks: Blocks;
  readonly #emit: Emit;
  readonly #maxLength: number;

  constructor(blocks: Blocks, emit: Emit, maxLength = Infinity) {
    this.#blocks = blocks;
    this.#emit = emit;
    this.#maxLength = maxLength;
  }

  /** How many calls have been seen. */
  get count(): number {
    return this.#calls.length;
  }

  /** Takes the pieces of one event and returns the block of each that has one by now. */
  add(pieces: readonly WireToolCall[]): (number | undefined)[] {
    return pieces.map((piece, position) => {
      const name = piece.function?.name ?? '';
      const text = toText(piece.function?.arguments);
      const call = this.#find(piece, name, text, position, pieces.length) ?? this.#open(piece);
      if (call.id === '') this.#identify(call, piece.id ?? '');
      if (call.name === '') call.name = name;
      if (isRepeated(call, text)) return call.block;
      call.arguments.add(text, this.#maxLength);
      if (call.block !== undefined) this.#emitDelta(call, call.block, text);
      else if (call.name !== '' && (call.id !== '' || call.arguments.text !== '')) this.#announce(call);
      return call.block;
    });
  }

  /** Closes all calls; `cutOff` where the model ran out of tokens. */
  end(cutOff: boolean): void {
    for (const call of this.#calls) this.#close(call, cutOff && call === this.#calls.at(-1));
  }

  #find(
    piece: WireToolCall,
    name: string,
    text: string,
    position: number,
    pieces: number,
  ): OpenCall | undefined {
    const id = piece.id ?? '';
    const index = piece.index ?? undefined;
    const known = this.#byId.get(keyOf(id, index));
    if (known && !isRenamed(known, name) && !this.#refuse(known, text)) return known;

    const call =
      index !== undefined
        ? this.#byIndex.get(index)
        : id === '' && pieces > 1
          ? this.#calls[position]
          : this.#latest(id, name);
    if (!call) return undefined;

    const isOther = id !== '' && call.id !== '' && name !== '';
    const isNext = name !== '' && (id === '' || call.name === '') && call.arguments.isWhole;
    return isOther || isNext || this.#refuse(call, text) ? undefined : call;
  }

  /** The latest call, where a piece without index can be its own: it repeats the name, or brings the id that was missing. */
  #latest(id: string, name: string): OpenCall | undefined {
    const latest = this.#calls.at(-1);
    if (!latest) return undefined;
    const goesOn = name === '' || (name === latest.name && !latest.arguments.isWhole);
    return goesOn && (id === '' || latest.id === '') ? latest : undefined;
  }

  /** A call that has been handed on or is whole takes no more arguments: what comes is another's, or all of its own again. */
  #refuse(call: OpenCall, text: string): boolean {
    if (text.trim() === '' || isRepeated(call, text)) return false;
    return call.closed || (call.arguments.isWhole && text.trimStart().startsWith('{'));
  }

  #open(piece: WireToolCall): OpenCall {
    const previous = this.#calls.at(-1);
    if (previous?.arguments.isWhole) this.#close(previous, false);
    const call: OpenCall = {
      position: this.#calls.length,
      index: piece.index ?? undefined,
      id: '',
      toolCallId: '',
      name: '',
      arguments: new ArgumentsText(),
      block: undefined,
      closed: false,
    };
    this.#calls.push(call);
    if (call.index !== undefined) this.#byIndex.set(call.index, call);
    return call;
  }

  #identify(call: OpenCall, id: string): void {
    call.id = id;
    if (id === '') return;
    for (const key of [keyOf(id, undefined), keyOf(id, call.index)]) {
      if ((this.#byId.get(key)?.position ?? -1) < call.position) this.#byId.set(key, call);
    }
  }

  #announce(call: OpenCall): number {
    const block = (call.block = this.#blocks.next());
    call.toolCallId = call.id === '' ? `call_${block}` : call.id;
    this.#emit({ type: 'tool-call-start', toolCallId: call.toolCallId, toolName: call.name, block });
    this.#emitDelta(call, block, call.arguments.text);
    return block;
  }

  #emitDelta(call: OpenCall, block: number, argumentsDelta: string): void {
    if (argumentsDelta === '' || call.closed) return;
    this.#emit({ type: 'tool-call-delta', toolCallId: call.toolCallId, argumentsDelta, block });
  }

  #close(call: OpenCall, cutOff: boolean): void {
    if (call.closed) return;
    const block = call.block ?? this.#announce(call);
    call.closed = true;
    const chunk: StreamChunk = closeToolCall(
      { toolCallId: call.toolCallId, toolName: call.name, argumentsText: call.arguments.text, block },
      cutOff,
    );
    this.#emit(chunk);
  }
}

function keyOf(id: string, index: number | undefined): string {
  return `${index ?? ''} ${id}`;
}

/** Whether a name cannot be that of the call: it has another one, or is whole without one. */
function isRenamed(call: OpenCall, name: string): boolean {
  return name !== '' && name !== call.name && (call.name !== '' || call.arguments.isWhole);
}

/** Whether a piece says all of the arguments again. */
function isRepeated(call: OpenCall, text: string): boolean {
  return call.arguments.isWhole && text === call.arguments.text;
}

/** Some servers send the arguments as an object. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
