/** A tag that is longer, attributes included, is text. */
const longestTag = 256;

/** Where the reader is with what may become a tag: in its name, behind its name, or behind all of it. */
type Candidate = 'none' | 'name' | 'attributes' | 'complete';

/**
 * Tells thinking from text in an answer that arrives in pieces, character by character.
 *
 * All it knows of the past is its state and what may still become a tag, so that it does not matter where the pieces
 * were cut, and nothing is read twice. Text is delivered with part 0, thinking with the number of its part from 1.
 */
export class ThinkingTags {
  readonly #spellings: readonly string[];
  readonly #emit: (text: string, part: number) => void;
  #depth: number;
  #part: number;
  /** `startsInside` began the thinking and it has no word yet: its tag may still come. */
  #isImplied: boolean;
  /** A line break that comes now belongs to the tag before it. */
  #trims: boolean;
  /** Whether the line of text is blank so far. */
  #isBlank = true;
  /** Fenced code of the text, in which tags are literal: mark and length of its fence, whether that line goes on. */
  #fence = '';
  #fenceLength = 0;
  #isFenceLine = false;
  /** Inline code of the text: the number of backticks that opened it. */
  #ticks = 0;
  /** The backticks or tildes at the end of what has been read: which, and how many. */
  #mark = '';
  #run = 0;
  #candidate: Candidate = 'none';
  /** As much of the candidate as came in earlier pieces. */
  #held = '';
  #name = '';
  #length = 0;
  /** Whether the candidate ends like `<think/>`, and whether it follows a backtick. */
  #isEmpty = false;
  #isTicked = false;

  constructor(tags: readonly string[], startsInside: boolean, emit: (text: string, part: number) => void) {
    this.#spellings = tags.flatMap((tag) =>
      tag.startsWith('[') ? [tag, `[/${tag.slice(1)}`] : [`<${tag.toLowerCase()}`, `</${tag.toLowerCase()}`],
    );
    this.#depth = this.#part = startsInside ? 1 : 0;
    this.#isImplied = this.#trims = startsInside;
    this.#emit = emit;
  }

  /** Delivers what is held, since nothing will follow that could make a tag of it. */
  flush(): void {
    if (this.#candidate === 'complete') this.#apply();
    else if (this.#candidate !== 'none') this.#deliver(this.#reject());
  }

  /** Reads the next piece and delivers all of it that can no longer become a tag. */
  read(piece: string): void {
    // Not delivered yet: what is released of earlier pieces, then this one from `from`; `begin` is the candidate's.
    let released = '';
    let from = 0;
    let begin = 0;

    for (let at = 0; at < piece.length; at++) {
      const char = piece.charAt(at);

      if (this.#candidate !== 'none') {
        const verdict = this.#weigh(char);
        if (verdict === 'open') continue;
        if (verdict === 'text') {
          released += this.#reject();
        } else {
          this.#deliver(released + piece.slice(from, begin));
          released = '';
          this.#apply();
          from = begin = verdict === 'tag' ? at + 1 : at;
          if (verdict === 'tag') continue;
        }
      }

      if (this.#trims && (char === '\n' || char === '\r')) {
        from = at + 1;
      } else {
        this.#see(char);
        if (this.#candidate === 'name') begin = at;
      }
    }

    if (this.#candidate === 'none') {
      this.#deliver(released + piece.slice(from));
    } else if (this.#held === '') {
      this.#deliver(released + piece.slice(from, begin));
      this.#held = piece.slice(begin);
    } else {
      this.#held += piece;
    }
  }

  #deliver(text: string): void {
    if (text === '') return;
    if (this.#isImplied && text.trim() !== '') this.#isImplied = false;
    this.#emit(text, this.#depth > 0 ? this.#part : 0);
  }

  /** Takes a character of plain text, which may be the first of a tag. */
  #see(char: string): void {
    this.#trims = false;
    if (char === '`' || char === '~') {
      if (this.#mark !== char) this.#endRun();
      this.#mark = char;
      this.#run += 1;
      return;
    }
    this.#isTicked = this.#depth > 0 && this.#mark === '`';
    if (this.#run > 0) this.#endRun();

    if (char === '<' || char === '[') {
      const isLiteral = this.#fence !== '' || this.#ticks > 0;
      if (!isLiteral && this.#spellings.some((spelling) => spelling.startsWith(char))) {
        this.#candidate = 'name';
        this.#name = char;
        this.#isEmpty = false;
        return;
      }
    }
    if (this.#depth > 0) return;
    if (char === '\n') {
      this.#isBlank = true;
      this.#isFenceLine = false;
      this.#ticks = 0;
    } else if (char !== ' ' && char !== '\t') {
      this.#isBlank = false;
    }
  }

  /** Backticks or tildes have ended: they may begin or end code, in text only. */
  #endRun(): void {
    const mark = this.#mark;
    const run = this.#run;
    const isBlank = this.#isBlank;
    this.#mark = '';
    this.#run = 0;
    if (run === 0 || this.#depth > 0) return;
    this.#isBlank = false;

    if (this.#fence !== '') {
      if (isBlank && mark === this.#fence && run >= this.#fenceLength) {
        this.#fence = '';
      } else if (this.#isFenceLine && mark === '`' && this.#fence === '`') {
        // Backticks in the line that opens a fence: it was code within a line.
        this.#ticks = run === this.#fenceLength ? 0 : this.#fenceLength;
        this.#fence = '';
      }
    } else if (isBlank && run >= 3) {
      this.#fence = mark;
      this.#fenceLength = run;
      this.#isFenceLine = true;
    } else if (mark === '`') {
      if (this.#ticks === 0) this.#ticks = run;
      else if (this.#ticks === run) this.#ticks = 0;
    }
  }

  /** What the next character makes of the candidate; `tag before` leaves the character itself to be read. */
  #weigh(char: string): 'open' | 'text' | 'tag' | 'tag before' {
    if (this.#candidate === 'complete') return char === '`' ? 'text' : 'tag before';

    if (this.#candidate === 'name') {
      const isBracket = this.#name.startsWith('[');
      const name = this.#name + (isBracket ? char : char.toLowerCase());
      if (this.#spellings.some((spelling) => spelling.startsWith(name))) {
        this.#name = name;
        return isBracket && this.#spellings.includes(name) ? this.#complete() : 'open';
      }
      if (isBracket || !this.#spellings.includes(this.#name) || !/[\s/>]/u.test(char)) return 'text';
      this.#candidate = 'attributes';
      this.#length = this.#name.length;
    }
    if (char === '>') return this.#complete();
    if ('<[`~\n\r'.includes(char) || ++this.#length >= longestTag) return 'text';
    this.#isEmpty = char === '/';
    return 'open';
  }

  /** In thinking, a tag right between two backticks is talked about, not meant: one more character tells. */
  #complete(): 'open' | 'tag' {
    if (!this.#isTicked) return 'tag';
    this.#candidate = 'complete';
    return 'open';
  }

  /** The candidate is text; returns what is held of it. */
  #reject(): string {
    const held = this.#held;
    this.#held = '';
    this.#candidate = 'none';
    if (this.#depth === 0) this.#isBlank = false;
    return held;
  }

  /** The candidate is a tag. */
  #apply(): void {
    this.#held = '';
    this.#candidate = 'none';
    if (this.#name.charAt(1) === '/') {
      this.#depth = Math.max(0, this.#depth - 1);
      this.#isImplied = false;
      this.#trims = this.#depth === 0 && this.#isBlank;
    } else if (this.#isEmpty) {
      this.#trims = this.#depth === 0 && this.#isBlank;
    } else if (this.#isImplied) {
      this.#isImplied = false;
      this.#trims = true;
    } else {
      this.#depth += 1;
      if (this.#depth > 1) return;
      this.#part += 1;
      this.#trims = true;
    }
  }
}
