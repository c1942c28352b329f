import { ignoreElements, merge, type Observable, tap } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { selectText } from 'rxllm/operators';
import { describeChunk } from '../start/lines.ts';
import { printable } from '../start/printable.ts';
import { styled } from '../start/style.ts';

/**
 * Prints a run while it comes: the text to the standard output, what the tools do to that of errors, a line each.
 *
 * The run must be shared, it is looked at twice.
 */
export function printRun(run: Observable<StreamChunk>): Observable<never> {
  let isInLine = false;
  const endLine = () => {
    if (isInLine) process.stdout.write('\n');
    isInLine = false;
  };
  const text = run.pipe(
    selectText(),
    printable(),
    tap((piece) => {
      process.stdout.write(piece);
      isInLine = !piece.endsWith('\n');
    }),
  );
  const events = run.pipe(
    tap((chunk) => {
      const line = describeChunk(chunk);
      if (line !== undefined || chunk.type === 'finish') endLine();
      if (line !== undefined) console.error(styled('dim', line));
    }),
  );
  return merge(text, events).pipe(tap({ error: endLine }), ignoreElements());
}
