/** Kills a batch at many random moments; fails when a result is lost, doubled or changed. */
import { parseArgs } from 'node:util';
import { runWithKills } from './kills.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, items: { type: 'string', default: '5000' } },
});

const startedAt = performance.now();
const { kills, torn, runs, requests, wrong } = await runWithKills(
  Number(values.items),
  Number(values.kills),
  Math.random,
);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `${kills} kills in ${runs} runs, ${torn} left half a line; ${requests} requests for ${values.items} items`,
);
console.log(wrong.length === 0 ? '✓ every result stands there once' : `✗ ${wrong.slice(0, 20).join('\n  ')}`);
console.log(`${seconds} s`);
process.exitCode = wrong.length === 0 ? 0 : 1;
