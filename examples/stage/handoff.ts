import type { Script } from './playedModel.ts';

/** Two models in one: the first finds out whom to ask, the second looks the order up and answers. */
export const script: Script = (_, call) =>
  [
    { text: 'One moment, I pass you on.', calls: [{ name: 'transfer_to_returns', arguments: {} }] },
    { calls: [{ name: 'find_order', arguments: { number: 'A-17' } }] },
    {
      text: 'The kettle of order A-17 was delivered nine days ago, so you can return it for five more days.',
    },
  ][call] ?? { text: 'Goodbye!' };
