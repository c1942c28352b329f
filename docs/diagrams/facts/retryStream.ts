import type { DiagramFacts } from '../runTimeline.ts';

export const retryStream: DiagramFacts = {
  further: [
    {
      title: "With `afterOutput: 'hold'` nothing is delivered before the call has finished",
      timelines: `
        1st try:  s-a-#
        2nd try:       s-a-b-f-----|      s: start, a b: text, f: finish
        result:   -----------(sabf)|      retryStream({ delay: 1, afterOutput: 'hold' })
      `,
    },
    {
      title: "With `'continue'` the rest is another request, and there is no `restart`",
      timelines: `
        source:  s-a-#
        rest:         s-b-f|        s: start, a b: text, f: finish
        result:  s-a----b-f|        retryStream({ delay: 1, afterOutput: 'continue', continueWith: () => rest })
      `,
    },
    {
      title: "With `'fail'` an answer that has been seen is not asked for again",
      timelines: `
        source:  s-a-#        s: start, a: text
        result:  s-a-#        retryStream({ afterOutput: 'fail' })
      `,
    },
  ],
};
