import type { DiagramFacts } from '../runTimeline.ts';

export const shareRun: DiagramFacts = {
  further: [
    {
      title: 'The last reader to leave aborts the request',
      timelines: `
        source:  s-a-------b-f|        s: start, a b: text, f: finish
        run:     s-a--!                shareRun()
        late:       (sa)-!             run
      `,
    },
    {
      title: 'Who comes behind the end gets all of it',
      timelines: `
        source:  s-a-f|              s: start, a: text, f: finish
        run:     s-a-f|              shareRun()
        late:           (saf|)       run
      `,
    },
  ],
};
