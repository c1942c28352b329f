import { concat, delay, type Observable, of } from 'rxjs';
import { tool } from 'rxllm';
import * as z from 'zod';

/**
 * A tool whose status streams: what its Observable emits is shown while it runs, and the last of it is the result.
 *
 * It makes its weather up.
 */
export const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city, now.',
  parameters: z.object({ city: z.string().describe('Name of the city, in English') }),
  execute: ({ city }): Observable<unknown> =>
    concat(
      of(`Looking for a station in ${city}`).pipe(delay(200)),
      of('Asking the observatory').pipe(delay(700)),
      of('Reading thermometer and sky').pipe(delay(700)),
      of({ celsius: -2, sky: 'light snow', wind: 'calm' }).pipe(delay(500)),
    ),
});
