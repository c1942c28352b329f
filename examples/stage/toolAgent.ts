import type { Script } from './playedModel.ts';

/** A model that asks for the weather of both cities at once, and compares. */
export const script: Script = (_, call) =>
  call === 0
    ? {
        thinking: 'Two cities, so two calls at once.',
        text: 'Let me look at both.',
        calls: ['Bern', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city } })),
      }
    : { text: 'It is warmer in Oslo: 4 °C and sunny, against −2 °C and light snow in Bern.' };
