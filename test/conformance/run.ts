import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../testing/cutText.ts';
import { compareHttpError, compareStream, type Expected } from './compare.ts';
import { type Cut, play, type Recording } from './play.ts';

/** One entry of an `index.json` of recordings. */
interface Entry {
  readonly file: string;
  readonly protocol: string;
  readonly kind?: string;
  readonly model?: string | null;
  readonly http?: {
    readonly status?: number | null;
    readonly content_type?: string | null;
    readonly retry_after?: string | number | null;
    readonly request_id?: string | null;
  } | null;
  readonly expected: Expected;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
const [folder = ''] = positionals;
if (folder === '') {
  console.error('Usage: npm run conformance -- <folder with an index.json> [--seed N]');
  process.exit(2);
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));

async function check(entry: Entry): Promise<string[]> {
  const body = await readFile(join(folder, entry.file));
  const isError = entry.kind === 'http-error';
  const { content_type: type, retry_after: retryAfter, request_id: requestId } = entry.http ?? {};
  const recording: Recording = {
    protocol: entry.protocol,
    model: entry.model ?? '',
    body,
    status: entry.http?.status ?? 200,
    headers: {
      ...(type && { 'content-type': type }),
      ...(retryAfter != null && { 'retry-after': String(retryAfter) }),
      ...(requestId && { [entry.protocol === 'anthropic' ? 'request-id' : 'x-request-id']: requestId }),
    },
  };
  const cuts: [string, Cut][] = [
    ['whole', 'whole'],
    ['bytes', 'bytes'],
    ['random', { random: seededRandom(seed) }],
    ['random again', { random: seededRandom(seed + 1) }],
  ];
  const found: string[] = [];
  for (const [name, cut] of cuts) {
    const outcome = await play(recording, cut);
    const differences = isError
      ? compareHttpError(entry.expected, outcome)
      : compareStream(entry.protocol, entry.expected, outcome, body.toString());
    found.push(...differences.map((difference) => `${entry.file} (${name}): ${difference}`));
  }
  return found;
}

const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
  readonly entries: readonly Entry[];
};
const totals = new Map<string, { passed: number; total: number }>();
let differences = 0;

console.log(`${index.entries.length} recordings, random cuts with seed ${seed}`);
for (const entry of index.entries) {
  const name = entry.kind === 'http-error' ? 'http-errors' : entry.protocol;
  const tally = totals.get(name) ?? { passed: 0, total: 0 };
  const found = await check(entry).catch((error: unknown) => [`${entry.file}: ${String(error)}`]);
  for (const line of found) console.log(line);
  differences += found.length;
  totals.set(name, { passed: tally.passed + (found.length === 0 ? 1 : 0), total: tally.total + 1 });
}
for (const [name, { passed, total }] of totals) console.log(`${name} ${passed}/${total}`);
const sum = [...totals.values()].reduce((all, { passed }) => all + passed, 0);
console.log(`${sum} passed, ${index.entries.length - sum} failed`);
process.exitCode = differences === 0 && index.entries.length > 0 ? 0 : 1;
