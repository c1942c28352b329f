import { parseArguments } from '../../src/parseArguments.ts';
import { addArguments } from '../wire/toolCall.ts';

/**
 * The arguments of a call that come in pieces, and whether they are whole by now.
 *
 * Each character is read once, and all are parsed once more where the object closes: a server may send any number of
 * pieces behind which the arguments look whole.
 */
export class ArgumentsText {
  text = '';
  /** Whether it is an object with nothing but white space behind it. */
  isWhole = false;
  /** Where in the object the text has come to; `other` where it is none. */
  #place: 'before' | 'object' | 'string' | 'escape' | 'behind' | 'other' = 'before';
  /** Objects within each other that are open. */
  #depth = 0;

  /** @throws {WireError} where the text becomes longer than it may be */
  add(piece: string, maxLength: number): void {
    this.text = addArguments(this.text, piece, maxLength);
    const wasOver = this.#place === 'behind';
    for (let at = 0; at < piece.length; at += 1) this.#read(piece.charAt(at));
    if (!wasOver && this.#place === 'behind') this.isWhole = !!parseArguments(this.text).arguments;
    else if (/[^ \t\r\n]/.test(piece)) this.isWhole = false;
  }

  #read(mark: string): void {
    switch (this.#place) {
      case 'escape':
        this.#place = 'string';
        break;
      case 'string':
        if (mark === '"') this.#place = 'object';
        else if (mark === '\\') this.#place = 'escape';
        break;
      case 'object':
        if (mark === '"') this.#place = 'string';
        else if (mark === '{') this.#depth += 1;
        else if (mark === '}') this.#depth -= 1;
        if (this.#depth === 0) this.#place = 'behind';
        break;
      case 'before':
        if (mark === '{') this.#depth = 1;
        if (/[^ \t\r\n]/.test(mark)) this.#place = mark === '{' ? 'object' : 'other';
        break;
      default:
    }
  }
}
