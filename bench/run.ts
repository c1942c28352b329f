/**
 * Compares clients on loopback: `npm run bench`, or `npm run bench -- --quick` in a minute.
 *
 * Every client is a process of its own, the server is another one. In each round every client reads once, in random
 * order; a ratio is the median of the ratios of the rounds, so that what slows the machine slows both of its sides.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { type Wire, wires } from './bodies.ts';
import type { Round } from './child.ts';
import { compareOperators } from './operators.ts';
import { compareImports } from './imports.ts';
import { measureMemory } from './memory.ts';
import { type Result, report } from './report.ts';
import { type WorkloadName, workloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    workload: { type: 'string' },
    wire: { type: 'string' },
    client: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const everyone = ['rxllm', 'fetch', 'sdk', 'sdkHelper', 'aiSdk', 'langchain', 'openaiAgents', 'tanstack'];
const speaks: Record<string, readonly Wire[]> = {
  sdkHelper: ['chat', 'responses', 'anthropic'],
  openaiAgents: ['chat', 'responses'],
  tanstack: ['chat', 'responses', 'anthropic'],
};

/** Who reads what, in the whole comparison and in the quick one. */
const plan: Record<
  WorkloadName,
  { readonly clients: readonly string[]; readonly quick: readonly string[]; readonly wires?: readonly Wire[] }
> = {
  flat: { clients: everyone, quick: ['rxllm', 'fetch', 'sdk', 'aiSdk'] },
  paced: { clients: everyone, quick: [] },
  first: { clients: everyone, quick: ['rxllm', 'sdk'] },
  many: { clients: everyone, quick: ['rxllm', 'sdk'] },
  json10: { clients: ['rxllm', 'sdk', 'aiSdk'], quick: [], wires: ['chat'] },
  json100: { clients: ['rxllm', 'sdk', 'aiSdk'], quick: ['rxllm', 'sdk'], wires: ['chat'] },
  json1000: { clients: ['rxllm', 'sdk'], quick: [], wires: ['chat'] },
};

const server = fork(new URL('server.ts', import.meta.url));
const [port] = (await once(server, 'message')) as [number];
const url = `http://127.0.0.1:${port}`;
const results: Result[] = [];

for (const workload of Object.keys(plan) as WorkloadName[]) {
  if (values.workload !== undefined && values.workload !== workload) continue;
  const { clients, quick, wires: spoken = wires } = plan[workload];
  for (const wire of spoken) {
    if (values.wire !== undefined && values.wire !== wire) continue;
    const names = (values.quick ? quick : clients).filter(
      (name) =>
        (speaks[name] ?? wires).includes(wire) &&
        (values.client === undefined || name === 'sdk' || name === values.client),
    );
    if (names.length > 0) results.push(await compare(workload, wire, names));
  }
}
server.disconnect();
const alone =
  values.workload === undefined
    ? {
        operators: await compareOperators(values.quick ? 5 : 31),
        imports: await compareImports(values.quick ? 5 : 31),
        memory: await measureMemory(),
      }
    : undefined;
process.stderr.write('\r\u001b[K');
const { text, chart, isMet } = report(results, alone);
console.log(text);
if (values.write) writePage();
// A few rounds on a busy machine decide nothing.
process.exitCode = isMet || values.quick ? 0 : 1;

/** Puts the tables and the chart into the guide. */
function writePage(): void {
  const page = new URL('../docs/performance.md', import.meta.url);
  const [before, , after] = readFileSync(page, 'utf8').split(
    /^<!-- (?:begin|end) of what `npm run bench -- --write` writes -->\n/m,
  );
  if (before === undefined || after === undefined)
    throw new Error('docs/performance.md has lost the marks of its tables');
  const mark = (which: string) => `<!-- ${which} of what \`npm run bench -- --write\` writes -->\n`;
  writeFileSync(page, [before, mark('begin'), `\n${conditions()}\n\n${text}\n`, mark('end'), after].join(''));
  writeFileSync(new URL('../docs/images/performance.svg', import.meta.url), chart);
}

/** When, where and with what was measured. */
function conditions(): string {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const versions = Object.entries(dependencies).filter(([name]) => !['rxllm', 'zod'].includes(name));
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${platform()} ${arch()}`;
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node} on ${machine}, against`,
    `${versions.map(([name, version]) => `${name} ${version}`).join(', ')}.`,
  ].join(' ');
}

async function compare(workload: WorkloadName, wire: Wire, names: readonly string[]): Promise<Result> {
  const children = new Map(
    names.map((name): [string, ChildProcess] => [
      name,
      fork(new URL('child.ts', import.meta.url), [name, wire, workload, url], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    ]),
  );
  const ends = [...children].map(async ([name, child]) => {
    await once(child, 'exit');
    throw new Error(`${name} failed on ${wire}, ${workload}`);
  });
  const failed = Promise.race(ends);
  // Once all is measured, they end for good.
  failed.catch(() => undefined);
  const rounds = new Map(names.map((name): [string, Round[]] => [name, []]));
  const count = Number(values.rounds ?? (values.quick ? 5 : 31));
  // What takes minutes is asked seldom.
  const isSeldom = (name: string) =>
    workload === 'many'
      ? !['rxllm', 'fetch', 'sdk'].includes(name)
      : name === 'aiSdk' && workload.startsWith('json');
  const seldom = workload === 'many' ? 10 : count;
  const warmups = workload === 'first' ? 3 : 2;

  for (let round = -warmups; round < count; round += 1) {
    process.stderr.write(
      `\r\u001b[K${workloads[workload].title}, ${wire}: round ${Math.max(round + 1, 0)} of ${count}`,
    );
    for (const name of shuffle(names)) {
      if (isSeldom(name) && round % seldom !== 0) continue;
      const child = children.get(name);
      if (!child) continue;
      child.send('go');
      const [measured] = (await Promise.race([once(child, 'message'), failed])) as [Round];
      if (round >= 0) rounds.get(name)?.push(measured);
    }
  }
  for (const child of children.values()) child.disconnect();
  const read = new Set([...rounds.values()].flat().map(({ characters }) => characters));
  if (read.size > 1)
    throw new Error(`not everyone read the same on ${wire}, ${workload}: ${[...read].join(', ')} characters`);
  return { workload, wire, rounds };
}

function shuffle<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
