import { createLogUpdate } from 'log-update';
import { filter, ignoreElements, map, merge, type Observable, tap } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { type StreamProgress, trackProgress } from 'rxllm/operators';
import { describeChunk } from '../start/lines.ts';
import { isLive } from '../start/screen.ts';
import { styled } from '../start/style.ts';

/**
 * Shows on the standard error output what a run does, a line for each step, and below it, where that is a terminal, how
 * far it is. The run must be shared.
 */
export function showProgress(run: Observable<StreamChunk>): Observable<never> {
  const screen = createLogUpdate(process.stderr);
  const lines = run.pipe(
    map(describeChunk),
    filter((line) => line !== undefined),
    tap((line) => {
      if (isLive) screen.clear();
      console.error(styled('dim', line.length > 100 ? `${line.slice(0, 99)}…` : line));
    }),
  );
  if (!isLive) return lines.pipe(ignoreElements());

  const status = run.pipe(
    trackProgress({ every: 100 }),
    tap({ next: (progress) => screen(styled('cyan', statusLine(progress))), finalize: () => screen.clear() }),
  );
  return merge(lines, status).pipe(ignoreElements());
}

function statusLine({ elapsedMs, characters, tools }: StreamProgress): string {
  return `${(elapsedMs / 1000).toFixed(1)} s, ${characters} characters${countsOf(tools)}`;
}

/** The tools and how often they were called. */
export function countsOf(tools: Readonly<Record<string, number>>): string {
  return Object.entries(tools)
    .map(([name, count]) => `, ${name} ${count}×`)
    .join('');
}
