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
  #isOver = true;
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

  /** Draws a picture, which is made when there is somebody to see it. */
  show(make: () => Picture): void {
    this.#make = make;
    this.#isOver = false;
    if (!this.#isSuspended) this.draw(make());
  }

  /** Nothing more comes to be drawn over. */
  end(): void {
    this.#isOver = true;
    if (!this.#isSuspended) this.#clear();
  }

  /** Leaves the terminal to somebody else, with all on it that is finished. */
  suspend(): void {
    if (this.#make && !this.#isSuspended) this.draw(this.#make());
    this.#isSuspended = true;
    this.#clear();
  }

  /** Takes the terminal again, and draws what has come meanwhile. */
  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    if (this.#make) this.draw(this.#make());
    if (this.#isOver) this.#clear();
  }

  /** Takes away what is drawn over, and gives the cursor back. */
  #clear(): void {
    this.#log.clear();
    this.#log.done();
    this.#live = [];
    if (this.#isOver && !this.#isSuspended) this.#make = undefined;
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
