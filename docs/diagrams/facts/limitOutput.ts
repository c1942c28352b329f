import { usage } from '../../../testing/index.ts';
import type { DiagramFacts } from '../runTimeline.ts';

export const limitOutput: DiagramFacts = {
  values: { u: usage({ outputTokens: 10 }) },
  further: [
    {
      title: 'Tokens let pass what reaches them and refuse what comes next',
      timelines: `
        source:  s-x-u-y---f|        s: start, x y: text, f: finish, u: usage
        result:  s-x-u-(UF|)         limitOutput({ tokens: 10 }), U: usage, F: finish, reason 'limit'
      `,
    },
  ],
};
