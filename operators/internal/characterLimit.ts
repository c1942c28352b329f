/** Before the limit the last grapheme waits, since it may still grow beyond it; a longer grapheme may be cut. */
const longestGrapheme = 64;

let segmenter: Intl.Segmenter | undefined;

/**
 * Cuts a growing text at a number of UTF-16 code units, or before the grapheme that the number would tear.
 *
 * It does not matter how the text was cut into pieces. Only within the last 64 code units anything is held back: the
 * latest grapheme, to which the next piece may add an accent or another half.
 */
export class CharacterLimit {
  readonly #limit: number;
  #left: number;
  #held = '';
  /** Whether there was more than fits. */
  isPassed = false;

  constructor(limit: number) {
    this.#limit = this.#left = limit;
  }

  /** Takes the next piece and gives what may be delivered now. */
  take(piece: string): string {
    const text = this.#held + piece;
    if (text.length <= this.#left - longestGrapheme) return this.#deliver(text, text.length);

    const from = Math.max(0, this.#left - longestGrapheme);
    const room = this.#left - from;
    // A half of a pair says nothing about its grapheme.
    const known = /[\ud800-\udbff]$/.test(text) ? text.slice(from, -1) : text.slice(from);
    segmenter ??= new Intl.Segmenter();
    let to = 0;
    for (const { index, segment } of segmenter.segment(known.slice(0, room + 2))) {
      to = index;
      this.isPassed = index + segment.length > room;
      if (this.isPassed) break;
    }
    return this.#deliver(text, from + to);
  }

  /** Gives what is held, since the text has ended. */
  flush(): string {
    return this.#deliver(this.#held.slice(0, this.#left), this.#left);
  }

  /** Counts from `used` again; what is held is void. */
  reset(used: number): void {
    this.#left = this.#limit - used;
    this.#held = '';
  }

  /** How many code units have been delivered. */
  get used(): number {
    return this.#limit - this.#left;
  }

  #deliver(text: string, to: number): string {
    const delivered = text.slice(0, to);
    this.#held = text.slice(to);
    this.#left -= delivered.length;
    return delivered;
  }
}
