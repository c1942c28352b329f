import type { DiagramFacts } from '../runTimeline.ts';

export const interruptOn: DiagramFacts = {
  further: [
    {
      title: 'As an error, and by a function of the chunk',
      timelines: `
        source:  --s--a--b--c--f|        s: start, a b c: text, f: finish
        stop:    ----------x
        result:  --s--a--b-#             interruptOn(stop, { as: 'error' }), #: StreamAbortedError
        result:  --s--a--(bF|)           interruptOn(({ text }) => text === 'b'), F: finish, reason 'aborted'
      `,
    },
  ],
};
