/** What a very long stream holds, with its partial and without. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Bytes of the heap at the start, in the middle and at the end of a stream, after the garbage collector. */
export interface HeldMemory {
  readonly textLength: number;
  readonly kept: readonly number[];
  readonly dropped: readonly number[];
}

const run = promisify(execFile);

export async function measureMemory(): Promise<HeldMemory> {
  const measure = async (partial: boolean): Promise<{ textLength: number; heap: readonly number[] }> => {
    const { stdout } = await run(process.execPath, ['--expose-gc', 'longStream.ts', String(partial)], {
      cwd: import.meta.dirname,
    });
    return JSON.parse(stdout) as { textLength: number; heap: readonly number[] };
  };
  const [kept, dropped] = [await measure(true), await measure(false)];
  return { textLength: kept.textLength, kept: kept.heap, dropped: dropped.heap };
}
