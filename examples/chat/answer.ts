import spinners from 'cli-spinners';
import {
  combineLatest,
  connect,
  defer,
  endWith,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  startWith,
  takeUntil,
  tap,
} from 'rxjs';
import type { LanguageModel, StreamChunk } from 'rxllm';
import {
  latestPerFrame,
  selectText,
  selectThinking,
  type StreamProgress,
  trackProgress,
} from 'rxllm/operators';
import { type Lane, watchLane } from '../start/lane.ts';
import { describeChunk } from '../start/lines.ts';
import { printable } from '../start/printable.ts';
import { styled } from '../start/style.ts';
import { coloured } from './colour.ts';
import { Drawing, type Picture } from './drawing.ts';
import { priceOf } from './prices.ts';
import type { Screen } from './screen.ts';

/** How an answer is shown. */
export interface AnswerOptions {
  readonly model: LanguageModel;
  /** Fires when the user has stopped it. */
  readonly signal: AbortSignal;
  readonly showsThinking: boolean;
}

const { frames, interval: frameMs } = spinners.dots;

/**
 * Draws a run on the terminal while it comes, and below it what it took. The run must be shared.
 *
 * Errors with what the run errors with, which then stands on the screen, too.
 */
export function drawAnswer(
  run: Observable<StreamChunk>,
  screen: Screen,
  { model, signal, showsThinking }: AnswerOptions,
): Observable<never> {
  return defer(() => {
    const drawing = new Drawing({ showsThinking });
    const names = { name: model.provider, model: model.model, signal };
    const lanes = watchLane(run.pipe(map(refusalAsText)), names);
    let view: { readonly lane: Lane; readonly progress: StreamProgress | undefined; readonly tick: number };

    const make = (): Picture => {
      const { lane, progress, tick } = view;
      const { columns } = screen;
      const spinner = frames[tick % frames.length] ?? '';
      const { finished, live } = drawing.draw(lane, { columns, spinner });
      if (lane.state === 'running') return { finished, live: [...live, '', statusLine(spinner, progress)] };
      return { finished: [...finished, ...endLines(lane, progress)], live: [] };
    };

    return combineLatest([lanes, progressOf(run, model).pipe(startWith(undefined))]).pipe(
      connect((views) => combineLatest([views, ticksUntil(views)])),
      tap(([[lane, progress], tick]) => (view = { lane, progress, tick })),
      latestPerFrame(50),
      tap({ next: () => screen.show(make), finalize: () => screen.end() }),
      ignoreElements(),
    );
  });
}

/**
 * Writes the text of a run to the standard output as it comes, and what else happens to that of errors, a line each.
 *
 * The run must be shared. Errors with what the run errors with.
 */
export function printAnswer(
  run: Observable<StreamChunk>,
  { model, showsThinking }: Pick<AnswerOptions, 'model' | 'showsThinking'>,
): Observable<never> {
  return defer(() => {
    let written = '';
    let isNewCall = false;
    const text = run.pipe(
      map(refusalAsText),
      selectText(),
      printable(),
      tap((piece) => {
        // Markdown parts paragraphs by a blank line.
        if (isNewCall && written !== '') process.stdout.write(written.endsWith('\n') ? '\n' : '\n\n');
        isNewCall = false;
        process.stdout.write((written = piece));
      }),
    );
    const thinking = run.pipe(
      selectThinking(),
      printable(),
      tap((piece) => showsThinking && process.stderr.write(styled('dim', piece))),
    );
    const events = run.pipe(
      tap((chunk) => {
        if (chunk.type === 'start') isNewCall = true;
        if (chunk.type === 'finish' && showsThinking) process.stderr.write('\n');
        const line = describeChunk(chunk);
        if (line !== undefined) console.error(styled('dim', line));
      }),
    );
    const progress = progressOf(run, model).pipe(
      tap((last) => {
        if (!last.isDone) return;
        if (written !== '' && !written.endsWith('\n')) process.stdout.write('\n');
        console.error(styled('dim', describeProgress(last)));
      }),
    );
    return merge(events, thinking, text, progress).pipe(ignoreElements());
  });
}

/** What an answer took, on one line: what is not known is left out. */
export function describeProgress({
  usage,
  outputTokens,
  isEstimated,
  cost,
  tokensPerSecond,
  elapsedMs,
}: StreamProgress): string {
  return [
    ...(usage ? [`${usage.inputTokens} tokens in`] : []),
    `${isEstimated ? '~' : ''}${outputTokens} out`,
    ...(cost === undefined ? [] : [`$${cost.toFixed(5)}`]),
    ...(tokensPerSecond === undefined ? [] : [`${tokensPerSecond.toFixed(0)} tokens/s`]),
    `${(elapsedMs / 1000).toFixed(1)} s`,
  ].join(' · ');
}

function progressOf(run: Observable<StreamChunk>, model: LanguageModel): Observable<StreamProgress> {
  const price = priceOf(model);
  return run.pipe(trackProgress({ every: 200, ...(price && { price }) }));
}

/** Numbers of pictures of what turns, until these have ended. */
function ticksUntil(views: Observable<unknown>): Observable<number> {
  return interval(frameMs).pipe(
    map((count) => count + 1),
    startWith(0),
    takeUntil(views.pipe(ignoreElements(), endWith(0))),
  );
}

function statusLine(spinner: string, progress: StreamProgress | undefined): string {
  const { elapsedMs = 0, outputTokens = 0 } = progress ?? {};
  return coloured(
    'dim',
    `${spinner} ${(elapsedMs / 1000).toFixed(1)} s · ${outputTokens} tokens · Ctrl-C stops`,
  );
}

function endLines({ state, entries }: Lane, progress: StreamProgress | undefined): readonly string[] {
  const isKept = entries.some(({ kind }) => kind !== 'error' && kind !== 'restart');
  const kept = isKept ? 'What has come is kept.' : 'It was not kept: the up arrow brings it back.';
  return [
    ...(state === 'interrupted' ? [coloured('yellow', `■ Stopped. ${kept}`)] : []),
    ...(state === 'failed' ? [coloured('yellow', `■ ${kept}`)] : []),
    '',
    ...(progress ? [coloured('dim', describeProgress(progress)), ''] : []),
  ];
}

/** A refusal is an answer. */
function refusalAsText(chunk: StreamChunk): StreamChunk {
  return chunk.type === 'refusal-delta' ? { ...chunk, type: 'text-delta' } : chunk;
}
