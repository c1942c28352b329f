import { map } from 'rxjs';
import { z } from 'zod';
import { toolCall } from '../../../testing/index.ts';
import type { DiagramFacts } from '../runTimeline.ts';

export const executeTools: DiagramFacts = {
  values: { c: toolCall('weather', { city: 'Bern' }), d: toolCall('time') },
  names: ({ input }) => ({
    weather: { name: 'weather', parameters: z.object({ city: z.string() }), execute: () => input('weather') },
    time: { name: 'time', parameters: z.object({}), execute: () => input('time') },
    approve: () => input('consent').pipe(map(() => true)),
  }),
  further: [
    {
      title: 'One tool at a time',
      timelines: `
        source:   s-c-d-f|                s: start, c d: tool calls, f: finish
        weather:    --------(x|)          run by c
        time:               ----(y|)      run by d, when there is a place
        result:   s-c-d-f---(pX)(pY|)     executeTools([weather, time], { concurrency: 1 })
                                          p: tool-progress, X Y: tool-result
      `,
    },
    {
      title: 'A tool that waits for consent',
      timelines: `
        source:   s-c----------f|        s: start, c: tool call, f: finish
        consent:    -----y               asked for c
        weather:         -(x|)           run by y
        result:   s-(cA)--(pX)-f|        executeTools([weather], { approve })
                                         A: approval-request, p: tool-progress, X: tool-result
      `,
    },
  ],
};
