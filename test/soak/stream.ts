import { merge, NEVER, type Observable, timer, map } from 'rxjs';
import { z } from 'zod';
import {
  accumulateResponse,
  executeTools,
  interruptOn,
  retryStream,
  shareRun,
  splitThinking,
  verifyGrammar,
  withTimeout,
} from '../../operators/index.ts';
import { isRxllmError } from '../../src/errors.ts';
import type { LanguageModel, StreamChunk } from '../../src/index.ts';

/** What may happen to a stream at its server; twice as often nothing. */
export const faults = [
  'none',
  'none',
  'tools',
  'reset-early',
  'no-headers',
  'limit',
  'page',
  'stall',
  'reset',
  'close',
  'cut',
  'malformed',
  'error-event',
] as const;

/** How a stream is left from this side. */
const leavings = [
  'stays',
  'stays',
  'stays',
  'unsubscribes',
  'at a chunk',
  'interrupts',
  'shared signal',
] as const;

/** How one stream ended. */
export interface Ending {
  readonly how: 'completed' | 'failed' | 'left' | 'hung';
  /** What went wrong with the library, if anything. */
  readonly wrong?: string;
}

/** How long a stream may take, in milliseconds, before it counts as hung. */
const patience = 15_000;

const weather = {
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }: { city: string }) => timer(5).pipe(map(() => ({ city }))),
};

/** Runs one stream with a random fault and a random way to leave it; settles when it has ended, once and for all. */
export function runStream(model: LanguageModel, random: () => number, shared: AbortSignal): Promise<Ending> {
  const fault = pick(faults, random);
  const leaving = pick(leavings, random);
  const own = new AbortController();
  const stop: Observable<unknown> = leaving === 'interrupts' ? timer(random() * 60) : NEVER;

  const stream: Observable<StreamChunk> = model
    .stream(`fault=${fault}`)
    .pipe(
      interruptOn(leaving === 'shared signal' ? shared : own.signal),
      interruptOn(stop),
      withTimeout({ first: 400, each: 400 }),
      retryStream({ count: random() < 0.3 ? 1 : 0, delay: 5 }),
      splitThinking(),
      executeTools([weather]),
      verifyGrammar(),
      shareRun(),
    );

  return new Promise((resolve) => {
    let endings = 0;
    let chunks = 0;
    let left = false;
    let wrong: string | undefined;
    const settle = (how: Ending['how']) => {
      clearTimeout(limit);
      // What should never come would come now.
      setTimeout(() => {
        if (endings > 1) wrong = `ended ${endings} times`;
        resolve({
          how,
          ...(wrong !== undefined && { wrong: `${model.provider}, ${fault}, ${leaving}: ${wrong}` }),
        });
      }, 50);
    };
    const leave = () => {
      if (left || endings > 0) return;
      left = true;
      subscription.unsubscribe();
      settle('left');
    };
    const limit = setTimeout(() => {
      wrong = 'did not end';
      subscription.unsubscribe();
      settle('hung');
    }, patience);

    const subscription = merge(stream.pipe(accumulateResponse()), stream).subscribe({
      next: () => {
        if (left) wrong = 'a chunk behind unsubscribe';
        if (leaving === 'at a chunk' && ++chunks === 4) setTimeout(leave);
      },
      error: (error: unknown) => {
        endings += 1;
        if (left) wrong = 'an error behind unsubscribe';
        else if (!isRxllmError(error)) wrong = `an error of another kind: ${String(error)}`;
        else if (error.name === 'GrammarError') wrong = error.message;
        settle('failed');
      },
      complete: () => {
        endings += 1;
        if (left) wrong = 'completion behind unsubscribe';
        settle('completed');
      },
    });
    if (leaving === 'unsubscribes') setTimeout(leave, random() * 60);
  });
}

function pick<T>(all: readonly T[], random: () => number): T {
  return all[Math.floor(random() * all.length)] as T;
}
