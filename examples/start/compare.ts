import {
  catchError,
  combineLatest,
  EMPTY,
  endWith,
  forkJoin,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  type Observable,
  tap,
} from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { shareRun } from 'rxllm/operators';
import { converse } from './conversation.ts';
import { startDemo } from './demo.ts';
import { type Lane, watchLane } from './lane.ts';
import { describeChunk, show } from './lines.ts';
import { toPrintable } from './printable.ts';
import { drawLanes, finalPicture, isLive } from './screen.ts';
import { styled } from './style.ts';
import { type Outcome, toOutcome } from './summary.ts';

/** One conversation of several: every subscriber sees the same run. */
interface Run {
  readonly name: string;
  readonly model: string;
  readonly chunks: Observable<StreamChunk>;
}

/**
 * Asks all models of the demo at once, shows what happens while it happens, and prints the answers to the standard
 * output, unless that is the terminal on which they already stand.
 */
export async function compare(signal: AbortSignal): Promise<readonly Outcome[]> {
  const demo = await startDemo();
  const runs = Object.entries(demo.models).map(([name, model]): Run => ({
    name,
    model: model.model,
    chunks: converse(model, demo.prompt, signal).pipe(shareRun()),
  }));

  console.error(styled('bold', `${demo.prompt}\n`));
  const [outcomes, lanes] = await lastValueFrom(
    forkJoin([
      forkJoin(runs.map(({ name, model, chunks }) => toOutcome(chunks, name, model))),
      isLive ? draw(runs, signal) : log(runs),
    ]),
    { defaultValue: [[], []] },
  );

  if (isLive && process.stdout.isTTY) console.error(finalPicture(lanes));
  else print(outcomes);
  return outcomes;
}

function draw(runs: readonly Run[], signal: AbortSignal): Observable<readonly Lane[]> {
  return drawLanes(
    combineLatest(runs.map(({ chunks, ...names }) => watchLane(chunks, { ...names, signal }))),
  );
}

function log(runs: readonly Run[]): Observable<readonly Lane[]> {
  return merge(...runs.map(logRun)).pipe(ignoreElements(), endWith([]));
}

function logRun({ name, chunks }: Run): Observable<unknown> {
  return chunks.pipe(
    map(describeChunk),
    tap((line) => line !== undefined && console.error(`${name}: ${line}`)),
    // The outcome tells.
    catchError(() => EMPTY),
  );
}

function print(outcomes: readonly Outcome[]): void {
  for (const { name, error } of outcomes) {
    if (error !== undefined) console.error(styled('red', `${name}: ${show(error)}`));
  }
  const answers = outcomes.filter(({ text }) => text !== '');
  process.stdout.write(answers.map(({ name, text }) => `${name}\n${toPrintable(text).trim()}\n`).join('\n'));
}
