import { concat, delay, type Observable, of } from 'rxjs';
import type { Tool } from 'rxllm';
import { z } from 'zod';

const parameters = z.object({ city: z.string().describe('Name of the city, in English') });

/**
 * A tool whose status streams: what its Observable emits is shown as progress, and the last of it is the result.
 *
 * It makes its weather up.
 */
export const weather: Tool<typeof parameters> = {
  name: 'weather',
  description: 'Tells the weather of a city, now.',
  parameters,
  execute: ({ city }): Observable<unknown> =>
    concat(
      of(`looking for a station in ${city}`).pipe(delay(100)),
      of('asking the observatory').pipe(delay(500)),
      of('reading thermometer and sky').pipe(delay(500)),
      of({ celsius: -2, sky: 'light snow' }).pipe(delay(400)),
    ),
};
