import type { ChunkOf, FinishReason, StreamChunk } from '../src/chunk.ts';
import type { JsonObject } from '../src/json.ts';
import type { PartialResponse } from '../src/message.ts';
import { ResponseBuilder } from '../src/response.ts';
import type { Usage } from '../src/usage.ts';
import type { ChunkDraft, ChunkDraftOf } from './chunkDraft.ts';

/** A tool call of the current model call. */
interface Call {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly block: number;
  /** When it was complete. */
  frame: number;
  arguments: JsonObject;
  isClosed: boolean;
  isAnswered: boolean;
}

/** Makes the chunks of a stream of drafts: opens and closes calls, numbers blocks, finds what results belong to. */
export class ChunkWriter {
  readonly #origin: { readonly provider: string; readonly model: string };
  #isOpen = false;
  #restarts = 0;
  #kind: string | undefined;
  #block = -1;
  #blocks = 0;
  #calls: Call[] = [];
  #usage: Usage | undefined;
  #response = new ResponseBuilder();

  constructor(origin: { readonly provider: string; readonly model: string }) {
    this.#origin = origin;
  }

  /** What of the current call has been written. */
  get partial(): PartialResponse {
    return this.#response.partial;
  }

  /** The chunks of one draft: itself, with a `start` before it where it opens a call. */
  write(draft: ChunkDraft, frame: number): readonly StreamChunk[] {
    const chunk = this.#isOpen || !isContent(draft) ? [] : [this.#begin({ type: 'start' })];
    const chunks = [...chunk, this.#fill(draft, frame)];
    chunks.forEach((each) => this.#response.add(each));
    return chunks;
  }

  /** The chunks that completion needs. */
  complete(frame: number): readonly StreamChunk[] {
    return this.#isOpen ? this.write({ type: 'finish' }, frame) : [];
  }

  #fill(draft: ChunkDraft, frame: number): StreamChunk {
    switch (draft.type) {
      case 'start':
        return this.#begin(draft);
      case 'restart':
        this.#isOpen = false;
        this.#restarts += 1;
        return { attempt: this.#restarts + 1, ...draft };
      case 'finish':
        this.#isOpen = false;
        this.#restarts = 0;
        return { reason: this.#reason, metadata: {}, ...(this.#usage && { usage: this.#usage }), ...draft };
      case 'error':
        // As an error, it ends the stream without a finish.
        this.#isOpen = false;
        return draft;
      case 'usage':
        this.#usage = draft.usage;
        return draft;
      case 'tool-call-start':
        return { ...draft, ...placeOf(this.#openCall(draft, frame)) };
      case 'tool-call-delta':
        return { ...draft, ...placeOf(this.#unclosed(draft, frame)) };
      case 'tool-call':
      case 'tool-call-invalid': {
        const call = this.#unclosed(draft, frame);
        call.frame = frame;
        call.isClosed = true;
        if (draft.type === 'tool-call') call.arguments = draft.arguments;
        return { ...draft, ...placeOf(call) };
      }
      case 'approval-request': {
        const { toolCallId, call } = this.#answered(draft);
        return { arguments: call?.arguments ?? {}, ...draft, toolCallId };
      }
      case 'tool-progress':
        return { ...draft, toolCallId: this.#answered(draft).toolCallId };
      case 'tool-result': {
        const { toolCallId, call } = this.#answered(draft);
        if (call) call.isAnswered = true;
        const isOurs = draft.providerExecuted !== true;
        const durationMs = call && isOurs ? frame - call.frame : 0;
        const block = isOurs ? {} : { block: this.#enter(draft.block, 'tool result', true) };
        return { isError: false, durationMs, ...draft, toolCallId, ...block };
      }
      case 'text-delta':
      case 'source':
        return { ...draft, block: this.#enter(draft.block, 'text') };
      case 'refusal-delta':
        return { ...draft, block: this.#enter(draft.block, 'refusal') };
      case 'thinking-delta':
        return { ...draft, block: this.#enter(draft.block, draft.kind) };
      case 'thinking-signature':
        return { ...draft, block: this.#enter(draft.block, this.#kind ?? 'thinking') };
      default:
        return draft;
    }
  }

  #begin(draft: ChunkDraftOf<'start'>): ChunkOf<'start'> {
    this.#isOpen = true;
    this.#kind = undefined;
    this.#block = -1;
    this.#blocks = 0;
    this.#calls = [];
    this.#usage = undefined;
    return { ...this.#origin, ...draft };
  }

  get #reason(): FinishReason {
    return this.#calls.length > 0 ? 'tool-calls' : 'stop';
  }

  /** The block of a chunk of a kind: the current one, or the next where the kind changes. */
  #enter(given: number | undefined, kind: string, isNew = false): number {
    const isSame = !isNew && kind === this.#kind;
    this.#block = given ?? (isSame ? this.#block : this.#blocks);
    this.#blocks = Math.max(this.#blocks, this.#block + 1);
    this.#kind = kind;
    return this.#block;
  }

  #openCall(
    draft: ChunkDraftOf<'tool-call-start' | 'tool-call-delta' | 'tool-call' | 'tool-call-invalid'>,
    frame: number,
  ): Call {
    const block = this.#enter(draft.block, 'tool call', true);
    const { toolCallId = `call_${block}` } = draft;
    const toolName = 'toolName' in draft ? draft.toolName : '';
    const call: Call = {
      toolCallId,
      toolName,
      block,
      frame,
      arguments: {},
      isClosed: false,
      isAnswered: false,
    };
    this.#calls.push(call);
    return call;
  }

  /** The open call that a chunk goes on with: by its id, else the latest. One that nothing announced is new. */
  #unclosed(draft: ChunkDraftOf<'tool-call-delta' | 'tool-call' | 'tool-call-invalid'>, frame: number): Call {
    const isOf = ({ toolCallId, isClosed }: Call) =>
      !isClosed && (draft.toolCallId === undefined || toolCallId === draft.toolCallId);
    return this.#calls.findLast(isOf) ?? this.#openCall(draft, frame);
  }

  /** The call that a chunk of a tool belongs to: by its id, else the first of that name without a result. */
  #answered(draft: ChunkDraftOf<'approval-request' | 'tool-progress' | 'tool-result'>): {
    readonly toolCallId: string;
    readonly call: Call | undefined;
  } {
    const { toolCallId, toolName } = draft;
    const call = this.#calls.find(
      (each) =>
        !each.isAnswered &&
        (toolCallId === undefined ? each.toolName === toolName : each.toolCallId === toolCallId),
    );
    const id = toolCallId ?? call?.toolCallId;
    if (id === undefined) {
      throw new Error(
        `The diagram has a ${draft.type} of ${toolName} and no call of it that waits for one; give its toolCallId if that is meant`,
      );
    }
    return { toolCallId: id, call };
  }
}

/** Whether a chunk can only stand inside a model call. */
function isContent(draft: ChunkDraft): boolean {
  switch (draft.type) {
    case 'start':
    case 'restart':
    case 'message':
    case 'run-finish':
    case 'error':
    case 'approval-request':
    case 'tool-progress':
      return false;
    case 'tool-result':
      return draft.providerExecuted === true;
    default:
      return true;
  }
}

function placeOf({ toolCallId, block }: Call): { readonly toolCallId: string; readonly block: number } {
  return { toolCallId, block };
}
