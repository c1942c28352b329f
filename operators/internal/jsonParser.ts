import { type JsonChange, type JsonFrame, type JsonPath, JsonTree } from './jsonTree.ts';

/** What is wrong with a text that should be JSON. */
export class JsonFault extends SyntaxError {
  /** Characters before the one that is wrong. */
  readonly position: number;
  readonly path: JsonPath;

  constructor(what: string, position: number, path: JsonPath) {
    super(`${what} at position ${position}`);
    this.position = position;
    this.path = path;
  }
}

/** Options of {@link JsonParser}. */
export interface JsonParserOptions {
  /** Reads documents of which each begins on a line of its own, as the elements of an array. */
  readonly lines?: boolean | undefined;
  /** Stops behind the document, and at a backtick behind lines, instead of failing there. */
  readonly stops?: boolean | undefined;
  /** Is told of each complete value and what it stands in; changes are then not kept. */
  readonly onComplete?: ((value: unknown, stack: readonly JsonFrame[]) => void) | undefined;
}

/** What comes next; `element` and `firstKey` may also be the end of what is empty, `line` that of all. */
type State =
  | ('value' | 'element' | 'line' | 'firstKey' | 'key' | 'colon' | 'comma')
  | ('string' | 'escape' | 'hex' | 'number' | 'word' | 'end');

/** Objects and arrays within each other; more is a fault, so that nobody who walks the value overflows the stack. */
const maxDepth = 1000;

/** A number as far as it is one: behind each part only what may follow it. */
const beginOfNumber = /^-?(?:0|[1-9]\d*)?(?:(?<=\d)\.\d*)?(?:(?<=\d)e[+-]?\d*)?/i;
const numberMarks = '0123456789.-+eE';
const escapes = new Map(Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }));
const words = { t: true, f: false, n: null } as const;

/**
 * Reads JSON in pieces, however it is cut, and has a value at any time.
 *
 * Every character is read once. Strings grow; numbers and words appear when they are complete. A value that was looked
 * at is never changed again, see {@link JsonTree}. At the end the value is that of `JSON.parse`, and what `JSON.parse`
 * refuses is a {@link JsonFault}; so is a document more than 1000 levels deep.
 */
export class JsonParser {
  readonly #options: JsonParserOptions;
  readonly #tree: JsonTree;
  #state: State = 'value';
  /** Characters of the writes before. */
  #offset = 0;
  #isKey = false;
  /** The string as it stands in its place, absent before it does. */
  #string: string | undefined;
  /** What has been read since of the string; all of a key, a number, a word or the digits of a `\u`. */
  #piece = '';
  #hex = '';

  constructor(options: JsonParserOptions = {}) {
    this.#options = options;
    this.#tree = new JsonTree(!options.onComplete);
    if (!options.lines) return;
    this.#tree.open('lines');
    this.#state = 'line';
  }

  /** The value so far, `undefined` before there is one; from now on it does not change. */
  get value(): unknown {
    return this.#tree.value;
  }

  /** What the latest write changed, in order. */
  get changes(): readonly JsonChange[] {
    return this.#tree.changes;
  }

  /**
   * Reads on, and tells how far: to the end of the text, or with `stops` to that of the document.
   *
   * @throws {JsonFault} at the first character that cannot be
   */
  write(text: string, from = 0): number {
    let at = from;
    this.#tree.forgetChanges();

    while (at < text.length && !(this.#state === 'end' && this.#options.stops)) {
      switch (this.#state) {
        case 'string':
          at = this.#readString(text, at);
          break;
        case 'escape':
          at = this.#readEscape(text, at);
          break;
        case 'hex':
          at = this.#readHex(text, at);
          break;
        case 'number':
          at = this.#readNumber(text, at);
          break;
        case 'word':
          at = this.#readWord(text, at);
          break;
        default:
          at = this.#readMark(text, at);
      }
    }
    if (this.#state === 'string' || this.#state === 'escape' || this.#state === 'hex') this.#grow(false);
    this.#offset += text.length;
    return at;
  }

  /** @throws {JsonFault} where the document is not complete */
  end(): void {
    if (this.#state === 'number') this.#endNumber('', 0);
    const isBehindLine = this.#state === 'comma' && this.#tree.top?.kind === 'lines';
    if (this.#state !== 'end' && this.#state !== 'line' && !isBehindLine) this.#fail('', 0);
  }

  /** Reads what stands between, before and behind values. */
  #readMark(text: string, at: number): number {
    const mark = text.charAt(at);
    const kind = this.#tree.top?.kind;
    if (mark === ' ' || mark === '\n' || mark === '\r' || mark === '\t') {
      if (mark === '\n' && kind === 'lines') this.#state = 'line';
      return at + 1;
    }
    if (mark === '`' && kind === 'lines' && this.#options.stops) {
      this.#state = 'end';
      return at;
    }
    switch (this.#state) {
      case 'firstKey':
      case 'key':
        if (mark === '"') this.#beginString(true);
        else if (mark === '}' && this.#state === 'firstKey') this.#close();
        else this.#fail(text, at);
        return at + 1;
      case 'colon':
        if (mark !== ':') this.#fail(text, at);
        this.#state = 'value';
        return at + 1;
      case 'comma':
        if (mark === ',' && kind !== 'lines') this.#state = kind === 'object' ? 'key' : 'value';
        else if (mark === '}' && kind === 'object') this.#close();
        else if (mark === ']' && kind === 'array') this.#close();
        else this.#fail(text, at);
        return at + 1;
      case 'element':
        if (mark !== ']') return this.#beginValue(text, at, mark);
        this.#close();
        return at + 1;
      case 'end':
        return this.#fail(text, at);
      default:
        return this.#beginValue(text, at, mark);
    }
  }

  #beginValue(text: string, at: number, mark: string): number {
    if (this.#tree.top?.kind !== 'object') this.#tree.moveTo();
    if (mark === '"') this.#beginString(false);
    else if (mark === '{') this.#open('object', text, at);
    else if (mark === '[') this.#open('array', text, at);
    else if (mark === '-' || (mark >= '0' && mark <= '9')) {
      this.#state = 'number';
      this.#piece = mark;
    } else if (mark in words) {
      this.#state = 'word';
      this.#piece = mark;
    } else this.#fail(text, at);
    return at + 1;
  }

  #beginString(isKey: boolean): void {
    this.#state = 'string';
    this.#isKey = isKey;
    this.#string = undefined;
    this.#piece = '';
  }

  #readString(text: string, from: number): number {
    let at = from;
    let code = 0;
    while (at < text.length) {
      code = text.charCodeAt(at);
      // A quote, a backslash, a control character.
      if (code === 34 || code === 92 || code < 32) break;
      at += 1;
    }
    this.#piece += text.slice(from, at);
    if (at === text.length) return at;
    if (code === 92) this.#state = 'escape';
    else if (code !== 34) this.#fail(text, at);
    else if (this.#isKey) {
      this.#tree.moveTo(this.#piece);
      this.#state = 'colon';
    } else {
      this.#grow(true);
      this.#complete(this.#string);
    }
    return at + 1;
  }

  #readEscape(text: string, at: number): number {
    const mark = text.charAt(at);
    this.#hex = '';
    this.#state = mark === 'u' ? 'hex' : 'string';
    if (mark === '"' || mark === '\\' || mark === '/') this.#piece += mark;
    else if (mark !== 'u') this.#piece += escapes.get(mark) ?? this.#fail(text, at);
    return at + 1;
  }

  #readHex(text: string, at: number): number {
    const mark = text.charAt(at);
    if (!/[\da-f]/i.test(mark)) this.#fail(text, at);
    this.#hex += mark;
    if (this.#hex.length === 4) {
      this.#piece += String.fromCharCode(Number.parseInt(this.#hex, 16));
      this.#state = 'string';
    }
    return at + 1;
  }

  #readNumber(text: string, from: number): number {
    let at = from;
    while (at < text.length && numberMarks.includes(text.charAt(at))) at += 1;
    this.#piece += text.slice(from, at);
    if (at < text.length) this.#endNumber(text, at);
    return at;
  }

  #endNumber(text: string, at: number): void {
    const number = this.#piece;
    const right = beginOfNumber.exec(number)?.[0].length ?? 0;
    if (right < number.length) {
      this.#offset += at - number.length;
      this.#fail(number, right);
    }
    if (!/\d$/.test(number)) this.#fail(text, at);
    this.#putComplete(Number(number));
  }

  #readWord(text: string, at: number): number {
    const value = words[this.#piece[0] as keyof typeof words];
    const word = String(value);
    if (text[at] !== word[this.#piece.length]) this.#fail(text, at);
    this.#piece += text.charAt(at);
    if (this.#piece === word) this.#putComplete(value);
    return at + 1;
  }

  #open(kind: 'array' | 'object', text: string, at: number): void {
    if (this.#tree.stack.length >= maxDepth) this.#fail(text, at, `more than ${maxDepth} levels`);
    this.#tree.open(kind);
    this.#state = kind === 'array' ? 'element' : 'firstKey';
  }

  #close(): void {
    this.#complete(this.#tree.close());
  }

  /** Shows what has come of the string. Half a character waits for its other half. */
  #grow(isWhole: boolean): void {
    if (this.#isKey) return;
    let piece = this.#piece;
    const last = isWhole ? 0 : piece.charCodeAt(piece.length - 1);
    const isHalf = last >= 0xd800 && last < 0xdc00;
    this.#piece = isHalf ? piece.slice(-1) : '';
    if (isHalf) piece = piece.slice(0, -1);
    if (piece === '' && this.#string !== undefined) return;

    if (this.#string === undefined && this.#tree.isTaken) this.#tree.note();
    this.#string = (this.#string ?? '') + piece;
    this.#tree.put(this.#string, piece);
  }

  #putComplete(value: unknown): void {
    this.#tree.put(value);
    this.#complete(value);
  }

  #complete(value: unknown): void {
    this.#state = this.#tree.top ? 'comma' : 'end';
    this.#options.onComplete?.(value, this.#tree.stack);
  }

  #fail(text: string, at: number, why?: string): never {
    const found = at < text.length ? `unexpected ${JSON.stringify(text[at])}` : 'unexpected end';
    throw new JsonFault(why ?? found, this.#offset + at, this.#tree.path);
  }
}
