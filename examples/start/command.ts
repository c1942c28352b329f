import { Command } from 'commander';
import { toErrorFacts } from 'rxllm';
import { endWithReader } from './endWithReader.ts';
import { show } from './lines.ts';
import { styled } from './style.ts';

/** An example as a command, which takes no options but its own and ends with its reader. */
export function command(name: string, description: string): Command {
  endWithReader();
  return new Command(`npm run example -- ${name}`)
    .description(description)
    .configureOutput({ outputError: (text, write) => write(text.trimEnd().replaceAll('\n', ' ') + '\n') });
}

/** Says in one line what went wrong, and lets the process end with 1. */
export function fail(error: unknown): void {
  console.error(styled('red', `error: ${show(toErrorFacts(error).message)}`));
  process.exitCode = 1;
}
