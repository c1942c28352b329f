import {
  asyncScheduler,
  defer,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
  type Subscription,
  tap,
} from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';
import { describeValue, drawMeaning, type Mark, markOfEnd, markOfValue, unsubscribed } from './legend.ts';
import { TextRow } from './textRow.ts';

/** Options of {@link debugMarbles}. */
export interface DebugMarblesOptions {
  /** Takes a row: some lines, without a line break behind the last one. */
  readonly write: (row: string) => void;
  /** What stands before the timeline, to tell it from others. @defaultValue nothing */
  readonly label?: string;
  /** Characters of a line. @defaultValue 80 */
  readonly width?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** A row is written so many milliseconds after it has begun, even where it is not full. */
const longestRow = 1_000;

/**
 * Passes a stream on as it is and writes its marble diagram while it runs, for chunks and for any other values.
 *
 * The diagram comes in rows. A row is written when it is full, when the stream ends, and at the latest a second after
 * its first notification, so that a stall is seen while it lasts. A row tells the milliseconds since the subscription,
 * and what its letters stand for where they are new. `|` is completion, `#` an error, `!` the reader who leaves. What is
 * kept is the row and its letters: when none is left, they begin again and are told again, so an endless stream takes
 * no more memory. A library prints nothing by itself, so `write` has no default.
 *
 * ```text
 *   ms        2    4
 *   answer  --(sH)-e                 debugMarbles({ write: console.error, label: 'answer' })
 *   s  start test test-1
 *   H  text "H" in block 0
 *   e  text "e" in block 0
 *   ms              1305    1507 1509
 *   answer   1300ms r 201ms (sH)-i-(f|)
 *   r  restart attempt 2 …
 * ```
 *
 * Errors with what the source errors with; what `write` throws is ignored, since a stream must not fail for being
 * watched. Unsubscribing writes the last row and unsubscribes from the source.
 *
 * @throws {TypeError} where `write` is no function
 * @throws {RangeError} where the width is no number from 20
 *
 * @example
 * ```ts
 * model.stream('Tell me a joke').pipe(debugMarbles({ write: console.error }), retryStream());
 * ```
 *
 * @see {@link recordChunks} and {@link drawChunks} for a picture of the whole stream.
 */
export function debugMarbles<T>(options: DebugMarblesOptions): MonoTypeOperatorFunction<T> {
  const { write, label = '', width = 80, scheduler = asyncScheduler } = options;
  if (typeof write !== 'function') {
    throw new TypeError(`debugMarbles: write must be a function, not ${typeof write}`);
  }
  checkNumber('debugMarbles', 'width', width, { min: 20 });

  return (source) =>
    defer(() => {
      const start = scheduler.now();
      const rows = new LiveRows(label, width, write);
      let due: Subscription | undefined;
      const flush = () => {
        due = undefined;
        rows.flush();
      };
      const end = (mark: Mark) => {
        due?.unsubscribe();
        rows.end(scheduler.now() - start, mark);
      };

      return source.pipe(
        tap({
          next: (value) => {
            rows.addValue(scheduler.now() - start, value);
            due ??= scheduler.schedule(flush, longestRow);
          },
          error: (error: unknown) => end(markOfEnd({ kind: 'E', error })),
          complete: () => end(markOfEnd({ kind: 'C' })),
          unsubscribe: () => end(unsubscribed),
        }),
      );
    });
}

/** The diagram of one timeline, a row at a time. */
class LiveRows {
  readonly #label: string;
  readonly #width: number;
  readonly #write: (row: string) => void;
  /** By what they stand for. */
  readonly #marks = new Map<string, Mark>();
  readonly #told = new Set<Mark>();
  #row: TextRow;
  /** What has come in the latest frame, and is not in the row yet. */
  #group: Mark[] = [];
  #frame = 0;
  #meanings: string[] = [];
  #hasEnded = false;

  constructor(label: string, width: number, write: (row: string) => void) {
    this.#label = label;
    this.#width = width;
    this.#write = write;
    this.#row = new TextRow([label], 0);
  }

  addValue(frame: number, value: unknown): void {
    this.add(frame, this.#markOf(value));
  }

  add(frame: number, mark: Mark): void {
    // A clock that is set back does not turn the diagram round.
    if (frame > this.#frame) {
      this.#settle();
      this.#frame = frame;
    }
    this.#group.push(mark);
    if (this.#group.length * 2 > this.#width) this.flush();
  }

  flush(): void {
    this.#settle();
    if (!this.#row.isEmpty) this.#writeRow();
  }

  end(frame: number, mark: Mark): void {
    this.add(frame, mark);
    this.flush();
    this.#hasEnded = true;
  }

  /** Puts the latest frame into the row, or into the next one. */
  #settle(): void {
    if (this.#group.length === 0) return;
    const cell = { marks: this.#group, isOpenBefore: true, isOpen: true, isOpenAfter: true };
    const column = { frame: this.#frame, cells: [cell] };
    if (!this.#row.fits(column, this.#width)) this.#writeRow();
    this.#row.add(column);
    for (const mark of this.#group) {
      if (this.#told.has(mark) || mark.look === 'complete') continue;
      this.#told.add(mark);
      this.#meanings.push(drawMeaning(mark));
    }
    this.#group = [];
  }

  #writeRow(): void {
    // The writer itself may have made the reader leave.
    if (this.#hasEnded) return;
    const row = [...this.#row.lines, ...this.#meanings].join('\n');
    this.#row = new TextRow([this.#label], this.#row.next);
    this.#meanings = [];
    try {
      this.#write(row);
    } catch {
      // The stream goes on.
    }
  }

  #markOf(value: unknown): Mark {
    const meaning = describeValue(value);
    const known = this.#marks.get(meaning);
    if (known) return known;
    const taken = new Set(Array.from(this.#marks.values(), ({ character }) => character));
    const mark = markOfValue(value, (character) => !taken.has(character));
    if (!mark) {
      this.flush();
      this.#marks.clear();
      this.#told.clear();
      return this.#markOf(value);
    }
    this.#marks.set(meaning, mark);
    return mark;
  }
}
