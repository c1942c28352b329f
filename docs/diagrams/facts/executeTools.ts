import { z } from 'zod';
import { toolCall } from '../../../testing/index.ts';
import type { DiagramFacts } from '../runTimeline.ts';

export const executeTools: DiagramFacts = {
  values: { c: toolCall('weather', { city: 'Bern' }), d: toolCall('time') },
  names: ({ input }) => ({
    weather: { name: 'weather', parameters: z.object({ city: z.string() }), execute: () => input('weather') },
    time: { name: 'time', parameters: z.object({}), execute: () => input('time') },
  }),
};
