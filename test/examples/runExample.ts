import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What an example has written, and how it ended. */
export interface EndedExample {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** What to do with an example while it runs. */
export interface Handling {
  readonly args?: readonly string[];
  /** Its standard input; it stays open without. */
  readonly input?: string;
  /** Variables of its environment beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Presses Ctrl-C when the standard error output has these words. */
  readonly interruptAt?: string;
}

/** Runs an example over the sources, without any key in its environment. */
export async function runExample(
  file: string,
  { args = [], input, env, interruptAt }: Handling = {},
): Promise<EndedExample> {
  const path = (name: string) => new URL(name, import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ['--import', path('sources.ts'), path(`../../examples/${file}`), ...args],
    {
      env: { PATH: process.env['PATH'], ...env },
    },
  );
  if (input !== undefined) child.stdin.end(input);
  let seen = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    seen += piece;
    if (interruptAt === undefined || !seen.includes(interruptAt)) return;
    seen = '';
    child.kill('SIGINT');
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  return { stdout, stderr, code };
}
