import { createInterface } from 'node:readline';

/**
 * Gives a function that asks a question on the standard error output and reads the answer from the standard input.
 *
 * The answers may come from a pipe, too; where it ends, the answer is undefined.
 */
export function openTerminal(): (question: string, prefilled?: string) => Promise<string | undefined> {
  const { stdin, stderr } = process;
  const terminal = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY && stderr.isTTY });
  // From now on: lines of a pipe may come before they are asked for.
  const lines = terminal[Symbol.asyncIterator]();
  // While it reads keys, Ctrl-C is one of them.
  terminal.on('SIGINT', () => {
    stderr.write('\n');
    process.kill(process.pid, 'SIGINT');
  });

  let isClosed = false;
  terminal.once('close', () => (isClosed = true));

  return async (question, prefilled = '') => {
    if (terminal.terminal && !isClosed) {
      terminal.setPrompt(question);
      terminal.prompt();
      terminal.write(prefilled);
    } else {
      stderr.write(question);
    }
    const { done, value } = await lines.next();
    const answer = done ? undefined : value;
    // What is typed is on the screen already.
    if (!terminal.terminal || isClosed) stderr.write(`${answer ?? ''}\n`);
    return answer;
  };
}
