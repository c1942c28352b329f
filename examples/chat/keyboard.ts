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
    this.#lines.on('line', (line) => this.#settle(line));
    this.#lines.on('close', () => {
      this.#isClosed = true;
      this.#settle(undefined);
    });
    this.#lines.on('history', (lines) => {
      if (!this.#isRemembered) lines.shift();
    });
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
    } else this.#pass(keys);
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

function sendInterrupt(): void {
  process.kill(process.pid, 'SIGINT');
}
