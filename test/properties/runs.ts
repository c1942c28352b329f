import { assert, beforeEach, type IAsyncProperty, type IProperty } from 'fast-check';

/** How many cases a property is tried with: `npm run properties` and `npm run fuzz` set it. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 100);

/** Tries a property; what fails is shrunk, and told with the seed that repeats it. */
export function holds<Values>(property: IProperty<Values>): void {
  assert(property, { numRuns });
}

/**
 * Tries a property that takes its time.
 *
 * The event loop turns between two cases. As long as it does not, nothing is freed that a weak reference has been
 * followed to, requests and their signals for instance, and 100,000 cases fill the memory.
 */
export async function holdsInTime<Values>(property: IAsyncProperty<Values>): Promise<void> {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  await assert(property, { numRuns, plugins: [beforeEach(turn)] });
}
