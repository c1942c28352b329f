import { type Command, Option } from 'commander';
import type { LanguageModel } from 'rxllm';
import { command, fail } from '../start/command.ts';
import { steady } from '../start/conversation.ts';
import { findModel, providerNames } from '../start/services.ts';
import { styled } from '../start/style.ts';
import { stopOnInterrupt } from '../start/stopOnInterrupt.ts';
import { playModel, type Script } from './playedModel.ts';

/** What an example is given to run. */
export interface Stage {
  /** The model to ask: a real one with `--provider`, else one that is played. */
  readonly model: LanguageModel;
  /** Fires at Ctrl-C; a second Ctrl-C ends the process at once. */
  readonly signal: AbortSignal;
}

interface ModelOptions {
  readonly provider?: string;
  readonly model?: string;
}

/** An example as a command, with the options that all of them have. */
export function example(name: string, description: string): Command {
  const played = 'The model is played by a server in this process, unless there is a --provider.';
  return command(name, `${description} ${played}`)
    .addOption(new Option('--provider <name>', 'ask a real model').choices(providerNames))
    .option('--model <name>', 'which of its models');
}

/** What the user wants to ask, else what the script is about: a model that is played has only that to say. */
export function promptOf(command: Command, scripted: string): string {
  const words = command.args.join(' ').trim();
  if (words === '') return scripted;
  if (command.opts<ModelOptions>().provider !== undefined) return words;
  return command.error('error: words of your own need a real model: add --provider and the name of one');
}

/**
 * Runs an example and ends the process: with 1 when it fails, with 130 after Ctrl-C.
 *
 * Like the models of `npm start`, that of the example gives up on silence and tries again before it has said anything.
 */
export async function perform(
  command: Command,
  script: Script,
  play: (stage: Stage) => Promise<unknown>,
): Promise<void> {
  const signal = stopOnInterrupt();
  try {
    const model = await chooseModel(command.opts<ModelOptions>(), script);
    await play({ model: steady(model, { afterOutput: 'fail' }), signal });
  } catch (error) {
    // A run that was stopped says so by an error, too.
    if (!signal.aborted) fail(error);
  }
  if (signal.aborted) {
    console.error(styled('yellow', 'Interrupted.'));
    process.exitCode = 130;
  }
  // Ends the server, too, which would first play to the end what nobody hears any more.
  process.stdout.write('', () => process.exit());
}

async function chooseModel({ provider, model }: ModelOptions, script: Script): Promise<LanguageModel> {
  if (provider !== undefined) return findModel({ provider, ...(model !== undefined && { model }) }).model;
  if (model === undefined) return playModel(script);
  throw new Error('--model needs a --provider');
}
