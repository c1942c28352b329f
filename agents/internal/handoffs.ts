import type { Tool } from '../../src/tool.ts';
import type { Agent } from '../contract.ts';
import type { Round } from './round.ts';
import { textFields } from './textFields.ts';

/** The agents that one may hand over to. */
export function handoffsOf<Context>({
  options: { handoffs = [] },
}: Agent<Context>): readonly Agent<Context>[] {
  return typeof handoffs === 'function' ? handoffs() : handoffs;
}

/** The tools by which a model hands the conversation over. */
export function handoffTools<Context>(from: Agent<Context>, round: Round<Context>): readonly Tool[] {
  const handoffs = handoffsOf(from);
  checkHandoffs(handoffs);
  return handoffs.map((to) => ({
    name: toHandoffName(to),
    description: `Hands the conversation over to ${to.name}.${to.options.description === undefined ? '' : ` ${to.options.description}`}`,
    parameters: noFields,
    execute: () => {
      if (round.next) throw new Error(`${round.next.name} has taken over already.`);
      round.next = to;
      return `${to.name} takes over.`;
    },
  }));
}

/** Finds an agent by its name among those that can be reached by handoffs. */
export function findAgent<Context>(first: Agent<Context>, name: string): Agent<Context> | undefined {
  const known = new Set([first]);
  for (const agent of known) {
    if (agent.name === name) return agent;
    for (const next of handoffsOf(agent)) known.add(next);
  }
  return undefined;
}

/**
 * Checks that the agents can be told from one another by their tools.
 *
 * @throws {TypeError} naming the agent
 */
export function checkHandoffs(handoffs: readonly Pick<Agent, 'name'>[]): void {
  const known = new Set<string>();
  for (const { name } of handoffs) {
    const toolName = toHandoffName({ name });
    if (known.has(toolName)) {
      throw new TypeError(
        `agent: two agents to hand over to have the name "${name}". Give each agent a name of its own`,
      );
    }
    known.add(toolName);
  }
}

function toHandoffName({ name }: Pick<Agent, 'name'>): string {
  return toToolName(`transfer_to_${name}`);
}

/** A name as providers take it. */
export function toToolName(name: string): string {
  return name.replace(/[^\w-]/g, '_').slice(0, 64);
}

const noFields = textFields();
