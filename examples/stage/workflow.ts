import type { Script } from './playedModel.ts';

/** A model that outlines, writes, finds fault with, and mends an article. */
export const script: Script = (_, call) =>
  [
    { text: JSON.stringify({ headings: ['What marbles are', 'How time becomes text', 'Why it helps'] }) },
    {
      text:
        'A marble diagram draws a stream.\n\nEach character is a moment: a dash is silence, a letter is a value.\n\n' +
        'So a test shows when something happens, and runs in no time.',
    },
    { text: JSON.stringify({ objections: ['The end of a stream is missing.'] }) },
    {
      text:
        'A marble diagram draws a stream.\n\nEach character is a moment: a dash is silence, a letter is a value, a bar is ' +
        'the end.\n\nSo a test shows when something happens, and runs in no time.',
    },
  ][call] ?? {};
