import { timer } from 'rxjs';
import type { DiagramFacts } from '../runTimeline.ts';

export const drainTo: DiagramFacts = {
  outputs: ['writes'],
  names: ({ record }) => ({
    write: (chunks: readonly unknown[]) => {
      record('writes', chunks);
      return timer(4);
    },
  }),
};
