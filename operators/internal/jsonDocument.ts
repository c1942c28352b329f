import { JsonFault, JsonParser, type JsonParserOptions } from './jsonParser.ts';
import type { JsonChange } from './jsonTree.ts';

/** Options of {@link JsonDocument}. */
export interface JsonDocumentOptions extends Pick<JsonParserOptions, 'lines' | 'onComplete'> {
  /** Whether the document may stand in a code fence, with words before and behind it. */
  readonly fences?: boolean | undefined;
}

/** Where in a text with fences the reader is. */
type Place = 'words' | 'info' | 'document' | 'behind' | 'over';

/**
 * The JSON document of a text that comes in pieces. Behind a fault nothing is read any more.
 *
 * With `fences` the document begins behind a line of three backticks, or at a line that begins with a brace or bracket.
 */
export class JsonDocument {
  /** What is wrong with the text so far. */
  fault: JsonFault | undefined;
  readonly #parser: JsonParser;
  #place: Place;
  #isFenced = false;
  /** The backticks that the line begins with; not a number once it begins with something else. */
  #ticks = 0;
  #read = 0;

  constructor({ fences = false, lines, onComplete }: JsonDocumentOptions) {
    this.#parser = new JsonParser({ lines, onComplete, stops: fences });
    this.#place = fences ? 'words' : 'document';
  }

  /** See {@link JsonParser.value}. */
  get value(): unknown {
    return this.#parser.value;
  }

  /** See {@link JsonParser.changes}. */
  get changes(): readonly JsonChange[] {
    return this.#parser.changes;
  }

  /** Reads on and tells whether that changed the value. */
  write(text: string): boolean {
    if (this.fault) return false;
    try {
      const from = this.#place === 'words' || this.#place === 'info' ? this.#skip(text) : 0;
      const at = this.#parser.write(text, from);
      if (this.#place === 'document' && at < text.length) this.#place = 'behind';
      if (this.#place === 'behind') this.#readBehind(text, at);
    } catch (error) {
      this.#keep(error);
    }
    this.#read += text.length;
    return this.#parser.changes.length > 0;
  }

  /** Ends the text and tells what is wrong with it, if anything is. */
  end(): JsonFault | undefined {
    if (this.fault) return this.fault;
    try {
      if (this.#place === 'words' || this.#place === 'info')
        throw new JsonFault('no document', this.#read, []);
      this.#parser.end();
    } catch (error) {
      this.#keep(error);
    }
    return this.fault;
  }

  #keep(error: unknown): void {
    if (!(error instanceof JsonFault)) throw error;
    this.fault = error;
  }

  /** Reads what stands before the document, and tells where that begins. */
  #skip(text: string): number {
    for (let at = 0; at < text.length; at += 1) {
      const mark = text.charAt(at);
      if (this.#place === 'words') this.#skipWord(mark);
      // The language stands right behind the backticks.
      else if (/[\s{["]/.test(mark)) this.#place = 'document';
      if (this.#place === 'document') return at;
    }
    return text.length;
  }

  #skipWord(mark: string): void {
    if (mark === '\n') this.#ticks = 0;
    else if (mark === '`') this.#ticks += 1;
    else if (this.#ticks === 0 && (mark === '{' || mark === '[')) this.#place = 'document';
    else if (this.#ticks > 0 || !/\s/.test(mark)) this.#ticks = Number.NaN;
    if (this.#ticks === 3) {
      this.#isFenced = true;
      this.#place = 'info';
    }
  }

  /** Between the document and the closing fence, or the end of its line, there is only white space. */
  #readBehind(text: string, from: number): void {
    for (let at = from; at < text.length; at += 1) {
      const mark = text.charAt(at);
      if (mark === '`' || (mark === '\n' && !this.#isFenced)) {
        this.#place = 'over';
        return;
      }
      if (!/[ \t\r\n]/.test(mark)) {
        throw new JsonFault(`unexpected ${JSON.stringify(mark)}`, this.#read + at, []);
      }
    }
  }
}
