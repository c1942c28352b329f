import type { DiagramFacts } from '../runTimeline.ts';

export const redact: DiagramFacts = {
  further: [
    {
      title: 'An answer that ends where it matches',
      timelines: `
        source:  s-a-b-c-f|        s: start, f: finish, a: 'Key ', b: 'sk-12', c: ' ok'
        result:  s-a---(F|)        redact(/sk-\\d+/, { onMatch: 'finish' }), F: finish, reason 'content-filter'
      `,
    },
  ],
};
