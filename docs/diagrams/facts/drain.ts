import type { DiagramFacts } from '../runTimeline.ts';

/** What the streams would be without the drain; they are no rows of their own. */
export const drain: DiagramFacts = {
  names: ({ stream }) => ({ one: stream('s-a-b-f|'), two: stream('s-a-b-c-b---c-f|') }),
};
