import { z } from 'zod';
import type { DiagramFacts } from '../runTimeline.ts';

export const elementsOf: DiagramFacts = {
  names: () => ({ schema: z.object({ n: z.number() }) }),
};
