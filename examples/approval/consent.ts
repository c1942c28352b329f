import type { ApprovalDecision, ApprovalGate, ApprovalQuestion } from 'rxllm';
import { show } from '../start/lines.ts';

/** Shows a question and gives the answer, or undefined when nobody will answer any more. */
export type Ask = (question: string, prefilled?: string) => Promise<string | undefined>;

/**
 * A gate that asks a person: yes, no, edit the arguments first, or always allow this tool.
 *
 * One call after the other, since a model may make several at once.
 */
export function askConsent(ask: Ask): ApprovalGate {
  const trusted = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();

  return (call) => {
    const decision = turn.then(() => trusted.has(call.toolName) || decide(call));
    turn = decision.catch(() => undefined);
    return decision;
  };

  async function decide(call: ApprovalQuestion): Promise<boolean | ApprovalDecision> {
    const { toolName, arguments: args } = call;
    const answer = await ask(`${toolName} ${show(args)}\nallow it? yes, no, edit or always: `);
    switch (answer?.trim().toLowerCase()[0]) {
      case 'y':
        return true;
      case 'a':
        trusted.add(toolName);
        return { approved: true, always: true };
      case 'n':
        return { approved: false, reason: 'The user does not want this.' };
      case 'e':
        return edit(call);
      default:
        return answer === undefined
          ? { approved: false, reason: 'Nobody was there to allow it.' }
          : decide(call);
    }
  }

  /** What is not JSON leads back to the question; what does not fit the tool is told to the model. */
  async function edit(call: ApprovalQuestion): Promise<boolean | ApprovalDecision> {
    const edited = await ask('arguments: ', JSON.stringify(call.arguments));
    try {
      return { approved: true, arguments: JSON.parse(edited ?? '') as unknown };
    } catch {
      return decide(call);
    }
  }
}
