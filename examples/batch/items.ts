import type { ModelRequest, Schema } from 'rxllm';
import type { BatchKey } from 'rxllm/models';
import { z } from 'zod';
import { linesOf } from './lines.ts';

/** One line of the input, and the name by which its result is found again. */
interface Item {
  readonly key: BatchKey;
  readonly request: ModelRequest;
}

const id = z.union([z.string().min(1), z.number()]).optional();
const lineSchema = z.union([
  z.string().min(1),
  z.object({ id, prompt: z.string().min(1) }),
  z.looseObject({ id, messages: z.array(z.looseObject({ role: z.string() })).min(1) }),
]);

/**
 * Looks through the whole input before anything is paid for, and counts what has no result yet.
 *
 * @throws {Error} naming the first line that cannot be asked, or has the id of another
 */
export async function countItems(
  path: string,
  done: ReadonlySet<BatchKey>,
): Promise<{ readonly total: number; readonly left: number }> {
  const keys = new Set<BatchKey>();
  let left = 0;
  for await (const { key, number } of itemsOf(path)) {
    if (keys.has(key)) throw new Error(`${path}:${number}: the id ${key} stands in an earlier line, too`);
    keys.add(key);
    if (!done.has(key)) left += 1;
  }
  return { total: keys.size, left };
}

/** The items that have no result yet, read as they are asked for. */
export async function* readItems(
  path: string,
  done: ReadonlySet<BatchKey>,
  outputSchema: Schema | undefined,
): AsyncGenerator<Item> {
  for await (const { key, request } of itemsOf(path)) {
    if (!done.has(key)) yield { key, request: outputSchema ? { ...request, outputSchema } : request };
  }
}

async function* itemsOf(path: string): AsyncGenerator<Item & { readonly number: number }> {
  for await (const { text, number } of linesOf(path)) {
    if (text.trim() !== '') yield { ...parseItem(text, `${path}:${number}`, number), number };
  }
}

function parseItem(text: string, place: string, number: number): Item {
  const line = lineSchema.safeParse(parseJson(text));
  if (!line.success) {
    throw new Error(
      `${place}: a line must be a JSON string, {"prompt": …} or {"messages": […]}, with an "id" or without`,
    );
  }
  const { id: key = number, ...rest } = typeof line.data === 'string' ? { prompt: line.data } : line.data;
  const request = 'prompt' in rest ? { messages: [{ role: 'user', content: rest.prompt }] } : rest;
  return { key, request: request as unknown as ModelRequest };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
