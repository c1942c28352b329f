import { type Attributes, type Context, type Span, trace } from '@opentelemetry/api';
import type { RunFinishChunk } from '../../src/chunk.ts';
import { toProviderName, toUsageAttributes } from './attributes.ts';
import { toFinishReason } from './content.ts';
import { endSpan, type Outcome, quietly, type Telemetry, toAttributes } from './telemetry.ts';

/** An agent at work: an `invoke_agent` span. */
export class AgentTrace {
  /** In which its calls and tools are. */
  readonly context: Context;
  readonly span: Span;
  readonly #telemetry: Telemetry;
  readonly #begunAt: number;
  #name: string | undefined;

  constructor(telemetry: Telemetry, begunAt: number, parent: Context, name?: string, provider?: string) {
    this.#telemetry = telemetry;
    this.#begunAt = begunAt;
    this.#name = name;
    this.span = telemetry.startSpan(nameOf(name), begunAt, parent, {
      'gen_ai.operation.name': 'invoke_agent',
      ...telemetry.conversation,
      ...this.#attributes(provider),
    });
    this.context = trace.setSpan(parent, this.span);
  }

  get name(): string | undefined {
    return this.#name;
  }

  /** Tells what was not known when the span began. */
  tell(name: string, provider?: string): void {
    if (this.#name === undefined) this.span.updateName(nameOf(name));
    this.#name ??= name;
    this.span.setAttributes(this.#attributes(provider));
  }

  /** The totals of the run. */
  takeTotals({ reason, usage, rounds, cost }: RunFinishChunk): void {
    this.span.setAttributes({
      'gen_ai.response.finish_reasons': [toFinishReason(reason)],
      ...toUsageAttributes(usage),
      'rxllm.rounds': rounds,
      ...(cost !== undefined && { 'rxllm.cost': cost }),
    });
  }

  end(outcome: Outcome): void {
    const at = this.#telemetry.now();
    quietly(() => endSpan(this.span, at, outcome));
    quietly(() =>
      this.#telemetry.instruments.agentDuration.record((at - this.#begunAt) / 1_000, {
        ...this.#attributes(),
        ...toAttributes(outcome),
      }),
    );
  }

  #attributes(provider?: string): Attributes {
    return {
      ...(this.#name !== undefined && { 'gen_ai.agent.name': this.#name }),
      ...(provider !== undefined && { 'gen_ai.provider.name': toProviderName(provider) }),
    };
  }
}

function nameOf(agent: string | undefined): string {
  return agent === undefined ? 'invoke_agent' : `invoke_agent ${agent}`;
}
