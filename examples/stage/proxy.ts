import type { Script } from './playedModel.ts';

/** A model that asks for the weather of both cities each time, and compares. */
export const script: Script = (messages) =>
  messages.at(-1)?.role === 'tool'
    ? { text: 'It is warmer in Oslo: 4 °C and sunny, against −2 °C and light snow in Bern.' }
    : {
        text: 'Let me look at both.',
        calls: ['Bern', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city } })),
      };
