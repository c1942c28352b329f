import type { Script } from './playedModel.ts';

/** Looks two cities up, then hands over to the one who packs. */
export const script: Script = (_, call) =>
  [
    {
      text: 'I look both up.',
      calls: [
        { name: 'weather', arguments: { city: 'Bern' } },
        { name: 'weather', arguments: { city: 'Oslo' } },
      ],
    },
    { calls: [{ name: 'transfer_to_packing', arguments: {} }] },
    { text: 'Take the raincoat: it rains in Bern, and Oslo has snow.' },
  ][call] ?? { text: 'Have a good trip!' };
