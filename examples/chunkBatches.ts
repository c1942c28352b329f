/** Batches of ten chunks for a slow consumer, a database for instance, one at a time; the last one is never lost. */
import {
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  materialize,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  tap,
  timer,
} from 'rxjs';
import { SinkError, type StreamChunk } from 'rxllm';
import { modelFrom } from 'rxllm/models';
import { bufferChunks } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { command, fail } from './start/command.ts';
import { toPrintable } from './start/printable.ts';

/**
 * Hands over ten chunks at a time, the next ten when those are done, and what is left at the end or before an error.
 *
 * A model cannot be slowed down: behind a slow consumer batches wait, `mostWaiting` at most. With one more the request
 * is aborted at once, and the error comes behind those that wait. What is no delta is a batch of its own, in its place.
 */
export function processInBatches<Result>(
  processBatch: (batch: readonly StreamChunk[]) => ObservableInput<Result>,
  mostWaiting = 100,
): OperatorFunction<StreamChunk, Result> {
  return (chunks) =>
    defer(() => {
      let waiting = 0;

      return chunks.pipe(
        bufferChunks({ count: 10 }),
        tap(() => {
          if (waiting++ <= mostWaiting) return;
          throw new SinkError(`More than ${mostWaiting} batches wait for the consumer`, {
            code: 'LIMIT_EXCEEDED',
          });
        }),
        // As a value an error waits for its turn, too.
        materialize(),
        concatMap((event) => {
          if (event.kind === 'E') throw event.error;
          if (event.kind === 'C') return EMPTY;
          return from(processBatch(event.value)).pipe(finalize(() => (waiting -= 1)));
        }),
      );
    });
}

/** Stands in for a database that takes its time. */
function save(batch: readonly StreamChunk[]): Observable<string> {
  const text = batch.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : `[${chunk.type}]`)).join('');
  return timer(100).pipe(map(() => `saved ${batch.length}: ${toPrintable(text).trim()}`));
}

if (process.argv[1] === import.meta.filename) {
  command('chunkBatches', 'Batches for a slow consumer, of a real model with MODEL=provider/name.').parse();
  const { MODEL } = process.env;
  const story =
    'A marble rolled out of a pocket. It crossed the yard, the street and the bridge, and where the hill began it ' +
    'turned round, since it had only wanted to know how far it could go alone.';
  const chunks = defer(() =>
    MODEL === undefined ? fromText(story, { interval: 20 }) : modelFrom(MODEL).stream('Tell me a story'),
  );

  await chunks
    .pipe(processInBatches(save))
    .forEach((line) => console.log(line))
    .catch(fail);
}
