import { clearScreenDown, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import type { Picture } from './drawing.ts';

/** A terminal whose last lines are drawn over, while what is above them stays. */
export class Screen {
  readonly #stream: WriteStream;
  readonly #log: ReturnType<typeof createLogUpdate>;
  /** What is drawn over next. */
  #live: readonly string[] = [];
  #isSuspended = false;
  #make: (() => Picture) | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    this.#log = createLogUpdate(stream);
    stream.on('resize', () => this.#clearRewrapped());
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** Adds lines for good, and draws others below them, as many of the last as there is room for. */
  draw({ finished, live }: Picture): void {
    // The cursor waits in the line below.
    const visible = live.slice(-Math.max((this.#stream.rows || 24) - 1, 1));
    // Both at once, so that nothing flickers.
    this.#stream.cork();
    if (finished.length > 0) this.#log.persist(`${finished.join('\n')}\n`);
    if (visible.length > 0) this.#log(visible.join('\n'));
    else this.#log.clear();
    this.#stream.uncork();
    this.#live = visible;
  }

  /** Draws the latest picture, now and when somebody else needs the terminal. */
  show(make: () => Picture): void {
    this.#make = make;
    if (!this.#isSuspended) this.draw(make());
  }

  /** Leaves the terminal to somebody else, with all that is finished on it. */
  suspend(): void {
    if (this.#make && !this.#isSuspended) this.draw(this.#make());
    this.#isSuspended = true;
    this.clear();
  }

  resume(): void {
    this.#isSuspended = false;
  }

  /** Takes away what is drawn over, and gives the cursor back. */
  clear(): void {
    this.#log.clear();
    this.#log.done();
    this.#live = [];
  }

  /** Nothing more comes to be drawn over. */
  end(): void {
    this.#make = undefined;
    this.#isSuspended = false;
    this.clear();
  }

  /** A terminal that has become narrower has broken the lines, so that there are more of them than were written. */
  #clearRewrapped(): void {
    if (this.#live.length === 0) return;
    const rows = wrapAnsi(this.#live.join('\n'), this.columns, {
      hard: true,
      wordWrap: false,
      trim: false,
    }).split('\n');
    this.#log.clear();
    if (rows.length > this.#live.length) moveCursor(this.#stream, 0, this.#live.length - rows.length);
    clearScreenDown(this.#stream);
    this.#live = [];
  }
}
