import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { concatMap, defer, filter, type OperatorFunction, tap } from 'rxjs';
import type { BatchKey } from 'rxllm/models';
import { linesOf } from './lines.ts';

/** How each line begins. */
const opening = '{"id":';

/** The file of the results: one line for each item that is done. */
export interface Results {
  /** The items that were done in earlier runs. */
  readonly done: ReadonlySet<BatchKey>;
  /** What they have cost. */
  readonly cost: number;
  /** Appends lines; emits how many of them have reached the disk. */
  readonly append: OperatorFunction<string, number>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the results of earlier runs, or a new file.
 *
 * A process that is killed may leave half a line behind: it was no result yet, and is cut off.
 *
 * @throws {Error} where the file holds something else than results
 */
export async function openResults(path: string): Promise<Results> {
  const file = await open(path, 'a+');
  const { done, cost, length, isEnded } = await readResults(path);
  await file.truncate(length);
  if (!isEnded) await file.appendFile('\n');
  await file.sync();
  await syncFolder(path);

  return { done, cost, append: appendTo(file), close: () => file.close() };
}

/** Lines that come while others are on their way to the disk go there together. */
function appendTo(file: FileHandle): OperatorFunction<string, number> {
  return (lines) =>
    defer(() => {
      let waiting: string[] = [];

      return lines.pipe(
        tap((line) => waiting.push(line)),
        concatMap(async () => {
          const together = waiting;
          waiting = [];
          if (together.length === 0) return 0;
          await file.appendFile(together.map((line) => `${line}\n`).join(''));
          await file.sync();
          return together.length;
        }),
        filter((count) => count > 0),
      );
    });
}

async function readResults(path: string) {
  const done = new Set<BatchKey>();
  let cost = 0;
  let length = 0;
  let isEnded = true;
  for await (const { text, number, isWhole } of linesOf(path)) {
    const result = parseResult(text);
    if (result) {
      done.add(result.id);
      cost += result.cost ?? 0;
      length += Buffer.byteLength(text) + (isWhole ? 1 : 0);
      isEnded = isWhole;
    } else if (isWhole || !text.startsWith(opening.slice(0, text.length))) {
      throw new Error(`${path}:${number}: is no result of this program; the file is left as it is`);
    }
  }
  return { done, cost, length, isEnded };
}

function parseResult(text: string): { readonly id: BatchKey; readonly cost?: number } | undefined {
  try {
    const result = JSON.parse(text) as { id?: BatchKey; cost?: number } | null;
    return result?.id === undefined ? undefined : { ...result, id: result.id };
  } catch {
    return undefined;
  }
}

/** A new file is there for good when its folder has reached the disk, too. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path));
  await folder.sync();
  await folder.close();
}
