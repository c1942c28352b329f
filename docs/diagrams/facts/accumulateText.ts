import type { DiagramFacts } from '../runTimeline.ts';

export const accumulateText: DiagramFacts = {
  further: [
    {
      title: 'Two calls of one run, as the text of all or of each',
      timelines: `
        source:  s-a-f-s-b-f|        s: start, a b: text, f: finish
        result:  --1-----2--|        accumulateText(), 1: 'a', 2: 'ab'
        result:  --1-----3--|        accumulateText({ scope: 'call' }), 3: 'b'
      `,
    },
  ],
};
