import type { Observable } from 'rxjs';
import { filter, from, map, NEVER, tap, timer, VirtualTimeScheduler } from 'rxjs';
import { vi } from 'vitest';
import { z } from 'zod';
import { executeTools, type ExecuteToolsOptions } from '../../operators/executeTools.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk, ToolCallChunk } from '../../src/chunk.ts';
import type { Tool, ToolContext } from '../../src/tool.ts';
import {
  type ChunkDraft,
  type ChunkValues,
  finish,
  restart,
  toolCall,
  toolResult,
} from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';

export const parameters = z.object({ n: z.number() });

export function tool(
  name: string,
  execute: Tool<typeof parameters>['execute'],
  rest: Partial<Tool> = {},
): Tool {
  return { name, parameters, execute, ...rest };
}

export function failure(toolName: string, why: string, durationMs?: number): ChunkDraft {
  return toolResult(toolName, why, { isError: true, ...(durationMs !== undefined && { durationMs }) });
}

/** Tools that answer with `n` after 7, 2 and 6 ms, and at once. */
export const one = tool('one', ({ n }) => timer(7).pipe(map(() => n)));
export const two = tool('two', ({ n }) => timer(2).pipe(map(() => n)));
export const six = tool('six', ({ n }) => timer(6).pipe(map(() => n)));
export const sync = tool('sync', ({ n }) => n * 2);
export const failing = tool('failing', () => {
  throw new Error('no such city');
});
export const tools = [one, two, six, sync, failing];

/** `A B C` calls of one, two and six, `x y z` their results; `f g` finish, the latter aborted. */
export const values: ChunkValues = {
  s: { type: 'start' },
  A: toolCall('one', { n: 0 }),
  B: toolCall('two', { n: 1 }),
  C: toolCall('six', { n: 2 }),
  f: finish(),
  g: finish('aborted'),
  r: restart(),
  x: toolResult('one', 0, { durationMs: 7 }),
  y: toolResult('two', 1, { durationMs: 2 }),
  z: toolResult('six', 2, { durationMs: 6 }),
};
export const silentCall = toolCall('silent', { n: 0 });

export function executed(
  source: Observable<StreamChunk>,
  options?: ExecuteToolsOptions,
  more: readonly Tool[] = [],
) {
  return source.pipe(
    executeTools([...tools, ...more], options),
    verifyGrammar(),
    filter(({ type }) => type !== 'tool-progress'),
  );
}

/** A tool that never answers, and what it was given. */
export function watchedTool(rest: Partial<Tool> = {}) {
  const contexts: ToolContext[] = [];
  const unsubscribed = vi.fn();
  const silent = tool(
    'silent',
    (_, context) => {
      contexts.push(context);
      return NEVER.pipe(tap({ unsubscribe: unsubscribed }));
    },
    rest,
  );
  return { silent, contexts, unsubscribed, isAborted: () => contexts.map(({ signal }) => signal.aborted) };
}

export const aborted = 'The call was aborted before it had a result.';

/** What is made of the chunks, where all is synchronous. */
export function atOnce(
  source: readonly StreamChunk[],
  options?: ExecuteToolsOptions,
  more?: readonly Tool[],
) {
  const seen: StreamChunk[] = [];
  // A clock that stands still, so that no millisecond passes in between.
  const scheduler = new VirtualTimeScheduler();
  executed(from(source), { scheduler, ...options }, more).subscribe((chunk) => seen.push(chunk));
  return seen;
}

/** What a call of the tool is answered with, where all is synchronous. */
export function answerTo(
  toolName: string,
  args: ToolCallChunk['arguments'],
  options?: ExecuteToolsOptions,
  more?: readonly Tool[],
) {
  return atOnce(listChunks(toolCall(toolName, args), finish()), options, more)
    .filter((chunk) => chunk.type === 'tool-result')
    .map((answer) => (answer.isError ? { error: answer.result } : { value: answer.result }))[0];
}
