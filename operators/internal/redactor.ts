import { toPartialPattern } from './partialPattern.ts';

/** What to look for, and what to do about it. */
export interface Redaction {
  /** The pattern, sticky, and what may become a match of it. */
  readonly given: RegExp;
  readonly partial: RegExp;
  readonly longest: number;
  /** How much of the text before a match its assertions may look at. */
  readonly lookBehind: number;
  /** What a match becomes; undefined where the text ends at it. */
  readonly with: string | undefined;
}

/** Prepares a redaction; its patterns keep nothing between two texts. */
export function createRedaction(pattern: RegExp, longest: number, replacement: string): Redaction {
  const { source, flags } = pattern;
  return {
    given: new RegExp(source, `${flags.replace(/[dgy]/g, '')}y`),
    partial: toPartialPattern(pattern),
    longest,
    lookBehind: source.includes('(?<') ? longest : 2,
    with: replacement,
  };
}

/** A whole text, redacted. */
export function redactText(text: string, redaction: Redaction): string {
  const redactor = new Redactor(redaction);
  return redactor.read(text) + redactor.flush();
}

/**
 * Redacts one text that arrives in pieces; what it gives does not depend on how the text was cut.
 *
 * It keeps what may still become a match, and of what it has given as much as assertions may look back at.
 */
export class Redactor {
  readonly #redaction: Redaction;
  #before = '';
  #held = '';
  /** Whether there was a match at which the text ends. */
  hasEnded = false;

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  /** Takes the next piece and gives all of the text that can no longer become part of a match. */
  read(piece: string): string {
    const { longest } = this.#redaction;
    let given = '';
    for (let from = 0; from < piece.length && !this.hasEnded; from += longest) {
      given += this.#redact(piece.slice(from, from + longest), false);
    }
    return given;
  }

  /** Gives what is held, since the text has ended, and begins another one. */
  flush(): string {
    const given = this.#redact('', true);
    this.reset();
    return given;
  }

  /** Begins another text; what is held is void. */
  reset(): void {
    this.#before = this.#held = '';
  }

  #redact(piece: string, isLast: boolean): string {
    const { given, partial, longest, lookBehind, with: replacement } = this.#redaction;
    const text = this.#before + this.#held + piece;
    // Half a pair is no character that a pattern could be tried on.
    const isHalf = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
    const known = isLast || !isHalf ? text : text.slice(0, -1);
    let redacted = '';
    let from = this.#before.length;
    let to = known.length;

    for (let at = from; ;) {
      partial.lastIndex = at;
      const start = partial.exec(known)?.index ?? known.length;
      if (start === known.length) break;
      let end = partial.lastIndex;
      const isOpen = end === known.length;
      if (isOpen && !isLast && end - start < longest) {
        to = start;
        break;
      }
      if (isOpen || end - start > longest) {
        given.lastIndex = start;
        end = given.test(known.slice(0, start + longest)) ? given.lastIndex : start;
      }
      if (end > start) {
        redacted += known.slice(from, start);
        from = at = end;
        if (replacement === undefined) {
          this.hasEnded = true;
          return redacted;
        }
        redacted += replacement;
      } else {
        at = start + ((known.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      }
    }
    this.#before = known.slice(Math.max(0, to - lookBehind), to);
    this.#held = text.slice(to);
    return redacted + known.slice(from, to);
  }
}
