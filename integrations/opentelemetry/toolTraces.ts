import type { Context } from '@opentelemetry/api';
import type { ChunkOf } from '../../src/chunk.ts';
import { type Outcome, quietly, type Telemetry } from './telemetry.ts';
import { beginTool, endTool, type ToolCall } from './toolSpan.ts';

/** A call of a tool that has no result yet. */
interface OpenTool {
  readonly call: ChunkOf<'tool-call'>;
  readonly at: number;
  /** Whether it is known to run: not where it waits for somebody's consent, or for whoever runs it elsewhere. */
  isRunning: boolean;
}

/** The tools of a stream: their spans are made when their results come. */
export class ToolTraces {
  readonly #telemetry: Telemetry;
  readonly #open = new Map<string, OpenTool>();
  /** The calls that have a span from within. */
  readonly #inner = new Set<string>();

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  get areOpen(): boolean {
    return this.#open.size > 0;
  }

  take(call: ChunkOf<'tool-call'>, isRunning: boolean): void {
    this.#open.set(call.toolCallId, { call, at: this.#telemetry.now(), isRunning });
  }

  takeInner(call: ToolCall): void {
    this.#inner.add(keyOf(call));
  }

  wait(toolCallId: string): void {
    const tool = this.#open.get(toolCallId);
    if (tool) tool.isRunning = false;
  }

  takeProgress({ toolCallId }: ChunkOf<'tool-progress'>): void {
    const tool = this.#open.get(toolCallId);
    if (tool) tool.isRunning = true;
  }

  takeResult(chunk: ChunkOf<'tool-result'>, parent: Context): void {
    const { toolCallId, toolName, result, isError, durationMs } = chunk;
    const open = this.#open.get(toolCallId);
    this.#open.delete(toolCallId);
    if (this.#inner.delete(keyOf(chunk))) return;
    const begunAt = this.#telemetry.now() - durationMs;
    const call = { toolCallId, toolName, arguments: open?.call.arguments };
    const span = beginTool(this.#telemetry, begunAt, parent, call);
    const outcome = isError ? { failure: { type: '_OTHER' } } : {};
    endTool(this.#telemetry, span, { begunAt, toolName }, outcome, result);
  }

  /** Gives the tools that ran and will have no result a span from their call to now. */
  cut(endedBy: NonNullable<Outcome['endedBy']>, parent: Context): void {
    for (const { call, at, isRunning } of this.#open.values()) {
      if (!isRunning || this.#inner.has(keyOf(call))) continue;
      quietly(() => {
        const span = beginTool(this.#telemetry, at, parent, call);
        endTool(this.#telemetry, span, { begunAt: at, toolName: call.toolName }, { endedBy });
      });
    }
    this.clear();
  }

  /** The ids of the next call may be the same. */
  clear(): void {
    this.#open.clear();
    this.#inner.clear();
  }
}

/** With the name: an agent that runs as a tool may have calls of the same ids. */
function keyOf({ toolCallId, toolName }: ToolCall): string {
  return `${toolName} ${toolCallId}`;
}
