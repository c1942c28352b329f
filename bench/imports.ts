/** What `import 'rxllm'` costs, against `import 'rxjs'`, each in a new process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Turns } from './operators.ts';

const run = promisify(execFile);

export async function compareImports(rounds: number): Promise<Turns> {
  const time = async (name: string): Promise<number> => {
    const code = `const start = performance.now(); await import('${name}'); console.log(performance.now() - start)`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: import.meta.dirname,
    });
    return Number(stdout);
  };
  const turns = { ours: [] as number[], other: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const one = await time('rxllm');
    const other = await time('rxjs');
    if (round < 0) continue;
    turns.ours.push(one);
    turns.other.push(other);
  }
  return turns;
}
