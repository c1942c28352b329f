import type { Script } from './playedModel.ts';

/** A model that wants to pay a bill, and says what came of it. */
export const script: Script = (messages) => {
  const last = messages.at(-1);
  if (last?.role !== 'tool') {
    return { text: 'I pay the bill.', calls: [{ name: 'pay', arguments: { amount: 9 } }] };
  }
  return { text: `The answer of the bank: ${typeof last.content === 'string' ? last.content : 'none'}` };
};
