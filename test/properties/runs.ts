import { assert, type IAsyncProperty, type IProperty } from 'fast-check';

/** How many cases a property is tried with: `npm run properties` and `npm run fuzz` set it. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 100);

/** Tries a property; what fails is shrunk, and told with the seed that repeats it. */
export function holds<Values>(property: IProperty<Values>): void {
  assert(property, { numRuns: runs });
}

/** Tries a property that takes its time; `share` of the cases where each costs much. */
export async function holdsInTime<Values>(property: IAsyncProperty<Values>, share = 1): Promise<void> {
  await assert(property, { numRuns: Math.max(1, Math.ceil(runs * share)) });
}
