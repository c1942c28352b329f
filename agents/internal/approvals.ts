import { from, tap } from 'rxjs';
import type { ApprovalDecision, ApprovalGate, ApprovalQuestion } from '../../src/tool.ts';
import type { WaitingRun } from './runBeginning.ts';

type Answer = boolean | 'later' | ApprovalDecision;

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
  gateOf(toolName: string, gate: ApprovalGate | undefined): ApprovalGate | undefined {
    if (!gate || this.#tools.has(toolName)) return undefined;
    return (question) =>
      from(gate(question)).pipe(
        tap((answer) => {
          this.#take(toolName, answer);
        }),
      );
  }

  /** What was decided of the calls that a run waits for. */
  answersOf<Context>({
    state,
    decisions,
  }: WaitingRun<Context>): (call: Pick<ApprovalQuestion, 'toolCallId' | 'toolName'>) => Answer {
    const decisionOf = (id: string) => (Object.hasOwn(decisions, id) ? decisions[id] : undefined);
    for (const { toolCallId, toolName } of state.waiting) this.#take(toolName, decisionOf(toolCallId));
    return ({ toolCallId, toolName }) => decisionOf(toolCallId) ?? (this.#tools.has(toolName) || 'later');
  }

  #take(toolName: string, answer: Answer | undefined): void {
    if (typeof answer === 'object' && answer.approved && answer.always) this.#tools.add(toolName);
  }
}
