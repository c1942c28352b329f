import { z } from 'zod';
import type { DiagramFacts } from '../runTimeline.ts';

export const accumulateObject: DiagramFacts = {
  names: () => ({ schema: z.object({ city: z.string() }) }),
};
