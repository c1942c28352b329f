import { createInterface, type Interface } from 'node:readline';
import { Transform, type TransformCallback } from 'node:stream';
import type { WriteStream } from 'node:tty';

/** What to ask with. */
export interface AskOptions {
  /** Stands in the line already, to be edited. */
  readonly prefilled?: string | undefined;
  /** Takes the question back. */
  readonly signal?: AbortSignal;
  /** Whether the arrow keys bring the answer back. @defaultValue false */
  readonly isRemembered?: boolean;
}

/** Ctrl-C. */
const interrupt = 3;

/** What terminals put around what is pasted, where they are asked to, and how they are asked. */
const pasteMarks = new RegExp(String.raw`(\x1b\[20[01]~)`);
const askForMarks = '\u001b[?2004h';
const askForNone = '\u001b[?2004l';

/** Stands for a line break that was pasted, in the one line there is to edit. */
const lineBreak = '⏎';

/** A text of several lines as one line that can be edited, and given as an answer again. */
export function toOneLine(text: string): string {
  return text.replace(/\r\n?|\n/g, lineBreak);
}

/**
 * The keyboard: questions are answered with it, one line at a time, which the arrow keys bring back.
 *
 * While nothing is asked, keys are kept for the next question, and none is echoed into what is drawn meanwhile.
 * Ctrl-C is a SIGINT all the time.
 */
export class Keyboard {
  readonly #keys = new Keys();
  readonly #lines: Interface;
  readonly #output: WriteStream;
  #answer: ((line: string | undefined) => void) | undefined;
  #isRemembered = false;
  #isClosed = false;

  /** `history` begins with the latest line. */
  constructor(output: WriteStream, history: readonly string[]) {
    const input = process.stdin.pipe(this.#keys);
    this.#output = output;
    this.#lines = createInterface({ input, output, terminal: output.isTTY, history: [...history] });
    this.#lines.on('SIGINT', () => sendInterrupt());
    this.#lines.on('line', (line) => this.#settle(line.replaceAll(lineBreak, '\n')));
    this.#lines.on('close', () => {
      this.#isClosed = true;
      this.#settle(undefined);
    });
    this.#lines.on('history', (lines) => {
      if (!this.#isRemembered) lines.shift();
    });
    if (!output.isTTY) return;
    output.write(askForMarks);
    process.once('exit', () => output.write(askForNone));
  }

  /** Asks on the terminal; undefined when nobody will answer any more. */
  ask(
    question: string,
    { prefilled = '', signal, isRemembered = false }: AskOptions = {},
  ): Promise<string | undefined> {
    if (this.#isClosed || signal?.aborted) return Promise.resolve(undefined);
    const above = question.slice(0, question.lastIndexOf('\n') + 1);
    this.#output.write(above);
    this.#lines.setPrompt(question.slice(above.length));
    this.#isRemembered = isRemembered;
    this.#lines.prompt();
    this.#lines.write(prefilled);

    return new Promise((resolve) => {
      const takeBack = () => {
        for (const name of ['e', 'u']) this.#lines.write('', { ctrl: true, name });
        this.#output.write('\n');
        this.#settle(undefined);
      };
      signal?.addEventListener('abort', takeBack);
      this.#answer = (line) => {
        signal?.removeEventListener('abort', takeBack);
        resolve(line);
      };
      this.#keys.release();
    });
  }

  close(): void {
    this.#lines.close();
    process.stdin.unpipe(this.#keys).pause();
  }

  #settle(line: string | undefined): void {
    this.#keys.hold();
    this.#answer?.(line);
    this.#answer = undefined;
  }
}

/** Keys on their way from the terminal, which wait while nobody wants them. */
class Keys extends Transform {
  #held: Buffer[] = [];
  #isHeld = true;
  #isPasting = false;

  /** For readline, which wants keys and not lines. */
  setRawMode(isRaw: boolean): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    const held = this.#held;
    this.#held = [];
    for (const keys of held) this.#pass(keys);
  }

  override _transform(keys: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#isHeld && keys.includes(interrupt)) {
      // What was typed before was not meant for what comes now.
      this.#held = [];
      sendInterrupt();
    } else {
      for (const part of keys.toString('latin1').split(pasteMarks)) {
        if (pasteMarks.test(part)) this.#isPasting = part.includes('200');
        else this.#pass(Buffer.from(this.#isPasting ? unpressed(part) : part, 'latin1'));
      }
    }
    done();
  }

  /** Line by line: the end of one is an answer, and the rest waits for the next question. */
  #pass(keys: Buffer): void {
    for (const line of keys.toString('latin1').split(/(?<=[\r\n])/)) {
      const part = Buffer.from(line, 'latin1');
      if (this.#isHeld) this.#held.push(part);
      else this.push(part);
      if (/[\r\n]$/.test(line)) this.#isHeld = true;
    }
  }
}

/** Bytes that were pasted, without keys: what ends a line is a sign, and nothing else is obeyed. */
function unpressed(bytes: string): string {
  const sign = Buffer.from(lineBreak).toString('latin1');
  // From 0x80 on they are parts of characters.
  return bytes
    .replaceAll('\t', '    ')
    .replace(/\r\n?|\n/g, sign)
    .replace(/[^ -~\u0080-\u00ff]/g, '');
}

function sendInterrupt(): void {
  process.kill(process.pid, 'SIGINT');
}
