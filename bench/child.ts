/** One client in a process of its own: measures a round each time it is told to. */
import type { Wire } from './bodies.ts';
import type { MakeClient } from './clients/client.ts';
import { type WorkloadName, workloads } from './workloads.ts';

/** What a round took. */
export interface Round {
  /** Milliseconds by the clock. */
  readonly wall: number;
  /** Milliseconds of the processor. */
  readonly cpu: number;
  /** Most memory that the process has had, in MB. */
  readonly memory: number;
  /** How many characters were read, of all streams. */
  readonly characters: number;
}

const [name, wire, workload, url] = process.argv.slice(2) as [string, Wire, WorkloadName, string];
const { make } = (await import(`./clients/${name}.ts`)) as { make: MakeClient };
const client = make[wire]?.(`${url}/${workload}`);
if (!client) throw new Error(`${name} does not speak ${wire}`);
const { streams, answer } = workloads[workload];

/** Reads, and gives how many characters came. */
const task: () => Promise<number> =
  workloads[workload].json !== undefined
    ? async () => JSON.stringify(await client.readObject?.()).length
    : async () => {
        const texts = await Promise.all(Array.from({ length: streams }, () => client.read()));
        return texts.reduce((sum, { length }) => sum + length, 0);
      };

const measure = async (): Promise<Round> => {
  const before = process.cpuUsage();
  const start = performance.now();
  const isFirst = answer === 'first';
  const end = isFirst ? await client.first() : undefined;
  const characters = isFirst ? 0 : await task();
  const wall = (end ?? performance.now()) - start;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024, characters };
};

process.on('message', () => {
  void measure().then((round) => process.send?.(round));
});
