/** Very many prompts through one batch, with random faults; fails when one is lost or the memory grows. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import logUpdate from 'log-update';
import { pipeModel } from '../../models/pipeModel.ts';
import { streamBatch } from '../../models/streamBatch.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { withTimeout } from '../../operators/withTimeout.ts';
import { openaiChat } from '../../providers/openaiChat.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '100000' },
    concurrency: { type: 'string', default: '200' },
    samples: { type: 'boolean', default: false },
    order: { type: 'string', default: 'completed' },
  },
});
const total = Number(values.items);
const concurrency = Number(values.concurrency);
/** The memory is measured after these, and a hundred times more. */
const warm = 1000;
const part = Math.max(1, Math.floor(total / 100));

const { gc } = globalThis;
if (!gc) throw new Error('Run it with --expose-gc: npm run batch');
const server = fork(new URL('server.ts', import.meta.url), { execArgv: [] });
const [{ url }] = (await once(server, 'message')) as [{ url: string }];

let restarts = 0;
const model = pipeModel(
  openaiChat('gpt-5-mini', { baseURL: `${url}/v1`, apiKey: 'none is needed' }),
  withTimeout({ first: 10_000, each: 10_000 }),
  retryStream({ count: 8, delay: 100, onRetry: () => (restarts += 1) }),
);

let pulled = 0;
let ended = 0;
let mostHeld = 0;
const counts = new Uint8Array(total);
const wrong: string[] = [];
const heaps: number[] = [];

function* prompts(): Generator<string> {
  while (pulled < total) yield `Prompt ${pulled++}`;
}

const startedAt = performance.now();
await streamBatch(prompts(), model, {
  concurrency,
  order: values.order === 'given' ? 'given' : 'completed',
}).forEach((event) => {
  if (event.type === 'item-chunk') return;
  mostHeld = Math.max(mostHeld, pulled - ended);
  ended += 1;
  counts[event.index] = (counts[event.index] ?? 0) + 1;
  if (event.type === 'item-error') wrong.push(`${event.index} failed: ${event.error.message}`);
  else if (!event.response.text.startsWith(`"Prompt ${event.index}" `))
    wrong.push(`${event.index}: ${event.response.text}`);
  if (ended === warm || (ended > warm && ended % part === 0)) heaps.push(heapNow());
  if (ended % 500 === 0 && process.stdout.isTTY)
    logUpdate(`${ended} of ${total}, heap ${heaps.at(-1)?.toFixed(1) ?? '–'} MB`);
});
if (process.stdout.isTTY) logUpdate.done();
const seconds = (performance.now() - startedAt) / 1000;

server.send('report');
const [report] = (await once(server, 'message')) as [{ served: number; rss: number }];
server.disconnect();

/** What is under way at the moment of measuring varies, so that only many of them tell. */
const third = Math.floor(heaps.length / 3);
const early = median(heaps.slice(0, third));
const late = median(heaps.slice(-third));
const single = counts.reduce((sum, count) => sum + (count === 1 ? 1 : 0), 0);
const checks: readonly (readonly [string, boolean, string])[] = [
  [
    'every result came exactly once',
    single === total && wrong.length === 0,
    `${single} of ${total}, ${wrong.length} wrong`,
  ],
  [
    'the memory is flat',
    late - early < 2,
    `${early.toFixed(1)} MB in the first third, ${late.toFixed(1)} MB in the last, ${Math.max(...heaps).toFixed(1)} MB at most`,
  ],
  ['no more is held than runs at a time', mostHeld <= concurrency + 1, `${mostHeld}`],
];
for (const [name, holds, figures] of checks) console.log(`${holds ? '✓' : '✗'} ${name}: ${figures}`);
for (const line of wrong.slice(0, 20)) console.log(`  ${line}`);
console.log(`${restarts} faults were retried, the server answered ${report.served} requests`);
console.log(
  `${seconds.toFixed(0)} s, ${Math.round(total / seconds)} items a second, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB of this process, ${(report.rss / 2 ** 20).toFixed(0)} MB of the server`,
);
if (values.samples) console.log(heaps.map((heap) => heap.toFixed(1)).join(' '));
process.exitCode = checks.every(([, holds]) => holds) ? 0 : 1;

function median(all: readonly number[]): number {
  return [...all].sort((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0;
}

/** Megabytes, once what has ended is let go. */
function heapNow(): number {
  gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
