/** Many streams with random faults and cancellations; fails when anything of them is left. */
import { fork } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import logUpdate from 'log-update';
import { seededRandom } from '../../testing/cutText.ts';
import { wires } from '../providers/wires.ts';
import type { ServerReport } from './server.ts';
import { type Ending, runStream } from './stream.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    streams: { type: 'string' },
    provider: { type: 'string' },
    together: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const total = Number(values.streams ?? (values.quick ? 1500 : 10_000));
const together = Number(values.together);
const random = seededRandom(Number(values.seed));

const warnings: string[] = [];
const rejections: string[] = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));
process.on('unhandledRejection', (reason) => rejections.push(String(reason)));

const server = fork(new URL('server.ts', import.meta.url), { execArgv: [] });
const [report] = (await once(server, 'message')) as [ServerReport];
const url = 'url' in report ? report.url : '';
const models = wires
  .filter(({ name }) => name === (values.provider ?? name))
  .map((wire) => wire.create(`${url}/${wire.name}`));

const tally: Record<Ending['how'], number> = { completed: 0, failed: 0, left: 0, hung: 0 };
const wrongs: string[] = [];
/** One stop button of a whole program; it is never pressed. */
const shared = new AbortController();

console.log(`${total} streams, ${together} at a time, seed ${values.seed}`);
const startedAt = performance.now();
await runMany(Math.min(together, total), 'warming up');
const before = await measure();
await runMany(total, 'running');
const after = await measure();
const seconds = (performance.now() - startedAt) / 1000;
if (process.stdout.isTTY) logUpdate.done();

const listeners = getEventListeners(shared.signal, 'abort').length;
const grown = after.heap - before.heap;
const checks: readonly (readonly [string, boolean, string])[] = [
  [
    'every stream ended once',
    wrongs.length === 0,
    `${tally.completed} completed, ${tally.failed} failed, ${tally.left} left`,
  ],
  ['none hung', tally.hung === 0, String(tally.hung)],
  [
    'the heap is as before',
    grown < 4,
    `${before.heap.toFixed(1)} MB before, ${after.heap.toFixed(1)} MB after`,
  ],
  [
    'the handles are as before',
    after.handles <= before.handles,
    `${before.handles} before, ${after.handles} after`,
  ],
  [
    'the server has no request left',
    after.inFlight === 0,
    `${after.served} requests, ${after.inFlight} open`,
  ],
  ['no listener is left on a shared signal', listeners === 0, String(listeners)],
  ['no warning', warnings.length === 0, String(warnings.length)],
  ['no unhandled rejection', rejections.length === 0, String(rejections.length)],
];
for (const [name, holds, figures] of checks) console.log(`${holds ? '✓' : '✗'} ${name}: ${figures}`);
for (const line of [...wrongs, ...warnings, ...rejections].slice(0, 20)) console.log(`  ${line}`);
console.log(`${seconds.toFixed(1)} s, ${Math.round(total / seconds)} streams a second`);
server.disconnect();
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1;

async function runMany(count: number, what: string): Promise<void> {
  let begun = 0;
  let ended = 0;
  const work = async () => {
    while (begun < count) {
      const model = models[begun++ % models.length];
      if (!model) return;
      const { how, wrong } = await runStream(model, random, shared.signal);
      tally[how] += 1;
      if (wrong !== undefined) wrongs.push(wrong);
      ended += 1;
      if (ended % 50 === 0 && process.stdout.isTTY) logUpdate(bar(what, ended, count));
    }
  };
  await Promise.all(Array.from({ length: Math.min(together, count) }, work));
}

function bar(what: string, ended: number, count: number): string {
  const width = 40;
  const filled = Math.round((width * ended) / count);
  const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0);
  return `${what} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${ended}/${count}, heap ${heap} MB`;
}

interface Measures {
  /** Megabytes. */
  readonly heap: number;
  readonly handles: number;
  readonly inFlight: number;
  readonly served: number;
}

/** Lets what has ended go, then measures what is left. */
async function measure(): Promise<Measures> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Run it with --expose-gc: npm run soak');
  let inFlight = 0;
  let served = 0;
  for (let turn = 0; turn < 30; turn++) {
    await sleep(200);
    gc();
    server.send('report');
    const [told] = (await once(server, 'message')) as [ServerReport];
    if ('inFlight' in told) ({ inFlight, served } = told);
    if (inFlight === 0 && turn >= 8) break;
  }
  const handles = process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|Timeout|Immediate/.test(name)).length;
  return { heap: process.memoryUsage().heapUsed / 2 ** 20, handles, inFlight, served };
}
