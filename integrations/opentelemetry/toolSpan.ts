import type { Attributes, Context, Span } from '@opentelemetry/api';
import { endSpan, type Outcome, quietly, type Telemetry, toAttributes } from './telemetry.ts';

/** A tool that ran, or runs. */
export interface ToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  /** As far as they are known. */
  readonly arguments?: unknown;
  readonly description?: string | undefined;
}

/** Begins an `execute_tool` span. */
export function beginTool(telemetry: Telemetry, at: number, parent: Context, call: ToolCall): Span {
  const { toolCallId, toolName, description } = call;
  const span = telemetry.startSpan(`execute_tool ${toolName}`, at, parent, {
    ...toToolAttributes(toolName),
    'gen_ai.tool.call.id': toolCallId,
    'gen_ai.tool.type': 'function',
    ...(description !== undefined && { 'gen_ai.tool.description': description }),
    ...telemetry.conversation,
  });
  if (call.arguments !== undefined) telemetry.write(span, 'gen_ai.tool.call.arguments', () => call.arguments);
  return span;
}

/** Ends it; the words of a failure are a result like any other, so they are content. */
export function endTool(
  telemetry: Telemetry,
  span: Span,
  { begunAt, toolName }: { readonly begunAt: number; readonly toolName: string },
  outcome: Outcome,
  result?: unknown,
): void {
  const at = telemetry.now();
  if (result !== undefined) telemetry.write(span, 'gen_ai.tool.call.result', () => result);
  quietly(() => endSpan(span, at, outcome));
  quietly(() =>
    telemetry.instruments.toolDuration.record((at - begunAt) / 1_000, {
      ...toToolAttributes(toolName),
      ...toAttributes(outcome),
    }),
  );
}

function toToolAttributes(toolName: string): Attributes {
  return { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': toolName };
}
