import type { DiagramFacts } from '../runTimeline.ts';

export const bufferChunks: DiagramFacts = {
  further: [
    {
      title: 'Whole words: a delta is cut behind the last boundary in it',
      timelines: `
        source:  s-a-b-c-f---|        s: start, a: 'Hel', b: 'lo wo', c: 'rld', f: finish
        result:  S---W---(RF)|        bufferChunks({ boundary: 'word' })
                                      S: [s], W: ['Hel', 'lo '], R: ['wo', 'rld'], F: [f]
      `,
    },
  ],
};
