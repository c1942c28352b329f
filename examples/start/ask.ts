import { catchError, defer, EMPTY, ignoreElements, merge, type Observable, tap } from 'rxjs';
import type { RestartChunk } from 'rxllm';
import { interruptOn, selectText, selectThinking, shareRun } from 'rxllm/operators';
import { steady } from './conversation.ts';
import { describeChunk, show } from './lines.ts';
import { printable } from './printable.ts';
import type { Service } from './services.ts';
import { styled } from './style.ts';
import { type Outcome, toOutcome } from './summary.ts';

/** Whom to ask what, and when to stop. */
export interface Question extends Service {
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/**
 * Asks a model and prints the answer while it comes: the text to the standard output, thinking to that of errors.
 *
 * What is printed cannot be taken back, so only a failure before the first word is tried again.
 */
export function ask({ name, model, prompt, signal }: Question): Observable<Outcome> {
  return defer(() => {
    let last: 'nothing' | 'thinking' | 'text' = 'nothing';
    const print = (kind: 'thinking' | 'text', text: string) => {
      if (last !== 'nothing' && last !== kind) process.stderr.write('\n\n');
      if (kind === 'text') process.stdout.write(text);
      else process.stderr.write(styled('dim', text));
      last = kind;
    };

    const onRetry = (chunk: RestartChunk) => console.error(styled('yellow', `↻ ${describeChunk(chunk)}`));
    const run = steady(model, { afterOutput: 'fail', onRetry })
      .stream(prompt)
      .pipe(interruptOn(signal), shareRun());

    const thinking = run.pipe(
      selectThinking(),
      printable(),
      tap((text) => print('thinking', text)),
    );
    const text = run.pipe(
      selectText(),
      printable(),
      tap((piece) => print('text', piece)),
    );
    const printed = merge(thinking, text).pipe(
      ignoreElements(),
      // The outcome tells.
      catchError(() => EMPTY),
    );
    return merge(printed, toOutcome(run, name, model.model)).pipe(
      tap({
        next: ({ error }) => {
          if (last === 'text') process.stdout.write('\n');
          if (last === 'thinking') process.stderr.write('\n');
          if (error !== undefined) console.error(styled('red', `error: ${show(error)}`));
        },
      }),
    );
  });
}
