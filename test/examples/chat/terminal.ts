import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import headless from '@xterm/headless';
import { vi } from 'vitest';

/** Whether there is a program that gives others a terminal. */
export const hasTerminals = spawnSync('script', ['--version']).status === 0;

/** How the program is run. */
export interface TerminalOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** What the shell is told of its standard input and output. */
  readonly redirection?: string;
}

/** A program in a terminal of its own, and what somebody who sits before it sees. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #screen: headless.Terminal;
  readonly #ended: Promise<unknown>;
  #device = '';
  #raw = '';

  /** Runs the chat over the sources, without any key in the environment. */
  constructor({ args = [], env = {}, columns = 80, rows = 24, cwd, redirection = '' }: TerminalOptions = {}) {
    const path = (name: string) => new URL(name, import.meta.url).pathname;
    const program = ['--import', path('../sources.ts'), path('../../../examples/chat/main.ts'), ...args];
    const words = [process.execPath, ...program].map((word) => `'${word}'`).join(' ');
    const command = `tty; stty rows ${rows} cols ${columns}; exec ${words} ${redirection}`;
    this.#screen = new headless.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env },
      cwd,
    });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#device ||= /\/dev\/\S+/.exec(text)?.[0] ?? '';
      this.#raw += text;
      this.#screen.write(text);
    });
  }

  /** All that was ever written, control sequences included. */
  get raw(): string {
    return this.#raw;
  }

  /** What can be seen, by scrolling up too; the name of the terminal left out. */
  async lines(): Promise<readonly string[]> {
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    const { active } = this.#screen.buffer;
    const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row));
    const lines: string[] = [];
    for (const row of rows) {
      const text = row?.translateToString(true) ?? '';
      if (row?.isWrapped) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    return lines.slice(1);
  }

  async text(): Promise<string> {
    return (await this.lines()).join('\n').trimEnd();
  }

  /** Waits until this is to be seen, and gives all that is. */
  see(expected: RegExp): Promise<string> {
    return vi.waitFor(
      async () => {
        const text = await this.text();
        if (!expected.test(text)) throw new Error(`does not see ${String(expected)} in:\n${text}`);
        return text;
      },
      { timeout: 20_000, interval: 20 },
    );
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    spawnSync('stty', ['-F', this.#device, 'rows', String(rows), 'cols', String(columns)]);
  }

  /** The exit code, when the program has ended. */
  async code(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  close(): void {
    this.#child.kill();
  }
}
