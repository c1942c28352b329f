import { tap } from 'rxjs';
import { type GateAnswer, toAnswers } from '../../operators/internal/toolRun.ts';
import type { ApprovalGate, ApprovalQuestion } from '../../src/tool.ts';
import type { WaitingRun } from './runBeginning.ts';

/** The tools that were approved for a whole run. */
export class Approvals {
  readonly #tools: Set<string>;

  constructor(tools: readonly string[] = []) {
    this.#tools = new Set(tools);
  }

  get tools(): readonly string[] {
    return [...this.#tools];
  }

  /** The gate of a tool's next call; none where the tool was approved for the whole run. */
  gateOf(agentName: string, toolName: string, gate: ApprovalGate | undefined): ApprovalGate | undefined {
    const tool = nameOf(agentName, toolName);
    if (!gate || this.#tools.has(tool)) return undefined;
    return (question) => toAnswers(gate(question)).pipe(tap((answer) => this.#take(tool, answer)));
  }

  /** What was decided of the calls that a run waits for. */
  answersOf<Context>({
    state,
    decisions,
  }: WaitingRun<Context>): (call: Pick<ApprovalQuestion, 'toolCallId' | 'toolName'>) => GateAnswer {
    const decisionOf = (id: string) => (Object.hasOwn(decisions, id) ? decisions[id] : undefined);
    for (const { toolCallId, toolName } of state.waiting) {
      this.#take(nameOf(state.agent, toolName), decisionOf(toolCallId));
    }
    return ({ toolCallId, toolName }) =>
      decisionOf(toolCallId) ?? (this.#tools.has(nameOf(state.agent, toolName)) || 'later');
  }

  #take(tool: string, answer: GateAnswer | undefined): void {
    if (typeof answer === 'object' && answer.approved && answer.always) this.#tools.add(tool);
  }
}

/** Agents of one run may have different tools of the same name. */
function nameOf(agentName: string, toolName: string): string {
  return `${agentName}/${toolName}`;
}
