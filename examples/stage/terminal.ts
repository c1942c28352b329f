import { createInterface } from 'node:readline';

/**
 * Gives a function that asks a question on the standard error output and reads the answer from the standard input.
 *
 * The answers may come from a pipe, too. Where it ends, and after Ctrl-C, the answer is undefined.
 */
export function openTerminal(): (question: string, prefilled?: string) => Promise<string | undefined> {
  const { stdin, stderr } = process;
  const terminal = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY && stderr.isTTY });
  // From now on: lines of a pipe may come before they are asked for.
  const lines = terminal[Symbol.asyncIterator]();
  let isAsking = false;
  let isClosed = false;

  process.once('SIGINT', () => {
    if (isAsking) stderr.write('\n');
    isClosed = true;
    terminal.close();
  });
  // Ctrl-D; a pipe is closed before all of its lines are read.
  if (terminal.terminal) terminal.once('close', () => (isClosed = true));
  // While it reads keys, Ctrl-C is one of them.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));

  /** What is typed is on the screen already. */
  function echo(answer: string): void {
    if (!terminal.terminal && !isClosed) stderr.write(answer);
  }

  return async (question, prefilled = '') => {
    if (isClosed) return undefined;
    isAsking = true;
    if (terminal.terminal) {
      terminal.setPrompt(question);
      terminal.prompt();
      terminal.write(prefilled);
    } else {
      stderr.write(question);
    }
    const { done, value } = await lines.next();
    isAsking = false;
    const answer = done ? undefined : value;
    echo(`${answer ?? ''}\n`);
    return answer;
  };
}
