import type { FinishChunk, StartChunk, StreamChunk } from '../../src/chunk.ts';
import type { AssistantMessage, ToolCallPart, ToolResultPart } from '../../src/message.ts';
import { ResponseBuilder } from '../../src/response.ts';
import type { Agent } from '../contract.ts';
import { type CallPart, ownCallsOf } from './ownCalls.ts';

/** One model call of a run and the results of its tools. */
export class Round<Context = unknown> {
  readonly response = new ResponseBuilder();
  readonly #given: AssistantMessage | undefined;
  #results: ToolResultPart[];
  start: StartChunk | undefined;
  finish: FinishChunk | undefined;
  /** Whether one of its tools has begun to run. */
  hasRunTool = false;
  /** The agent that the conversation was handed over to. */
  next: Agent<Context> | undefined;

  /** Of a round that is resumed, its message and the results that are known. */
  constructor(message?: AssistantMessage, results: readonly ToolResultPart[] = []) {
    this.#given = message;
    this.#results = [...results];
  }

  /** Takes the next chunk that the subscriber sees. */
  take(chunk: StreamChunk): void {
    this.response.add(chunk);
    switch (chunk.type) {
      case 'start':
        this.start = chunk;
        break;
      case 'restart':
        this.#results = [];
        this.next = undefined;
        break;
      case 'tool-result': {
        if (chunk.providerExecuted) break;
        const { toolCallId, toolName, result, isError } = chunk;
        this.#results.push({ type: 'tool-result', toolCallId, toolName, result, isError });
        break;
      }
      case 'finish':
        this.finish = chunk;
        break;
      default:
    }
  }

  get message(): AssistantMessage {
    return this.#given ?? this.response.message;
  }

  /** Whether the conversation already has the message. */
  get isResumed(): boolean {
    return this.#given !== undefined;
  }

  get toolCalls(): readonly ToolCallPart[] {
    return this.#calls.filter((part) => part.type === 'tool-call');
  }

  /** The results in the order of the calls, and the calls that have none. */
  settle(): { readonly results: readonly ToolResultPart[]; readonly waiting: readonly ToolCallPart[] } {
    const byId = new Map(this.#results.map((result) => [result.toolCallId, result]));
    const results = this.#calls.flatMap(({ toolCallId }) => byId.get(toolCallId) ?? []);
    const waiting = this.toolCalls.filter(({ toolCallId }) => !byId.has(toolCallId));
    return { results, waiting };
  }

  /** The calls that are answered here. */
  get #calls(): readonly CallPart[] {
    return ownCallsOf(this.message);
  }
}
