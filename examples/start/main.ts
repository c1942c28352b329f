/** Asks four providers at once, side by side, with a tool and a broken connection; needs no key and no network. */
import { Command, Option } from 'commander';
import { lastValueFrom, toArray } from 'rxjs';
import { ask } from './ask.ts';
import { compare } from './compare.ts';
import { endWithReader } from './endWithReader.ts';
import { findModel, providerNames, type Service } from './services.ts';
import { stopOnInterrupt } from './stopOnInterrupt.ts';
import { styled } from './style.ts';
import { type Outcome, summary } from './summary.ts';

const program = new Command('npm start --')
  .description('Without a prompt: four providers side by side, played by a server in this process.')
  .argument('[prompt...]', 'what to ask a real service')
  .addOption(
    new Option('--provider <name>', 'whom to ask, else the first one with a key').choices(providerNames),
  )
  .option('--model <name>', 'which of its models')
  .addHelpText('after', '\nKeys and servers: OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_HOST, OPENAI_BASE_URL')
  .showSuggestionAfterError(false)
  .configureOutput({
    outputError: (text, write) =>
      write(text.replace(/unknown option .*/, '$&, known are --provider, --model and --help')),
  })
  .parse();

endWithReader();
const signal = stopOnInterrupt();
const outcomes = program.args.length === 0 ? await showDemo() : await askService(program.args.join(' '));

if (outcomes.some(({ response }) => response)) console.error(`\n${summary(outcomes)}`);
if (signal.aborted) console.error(styled('yellow', 'Interrupted.'));
const hasFailed = outcomes.some(({ error }) => error !== undefined);
process.exitCode = signal.aborted ? 130 : hasFailed ? 1 : 0;
// Ends the server of the demo, too, which would first play to the end what nobody hears any more.
process.stdout.write('', () => process.exit());

function showDemo(): Promise<readonly Outcome[]> {
  if (Object.keys(program.opts()).length > 0) {
    program.error(
      'error: --provider and --model need a prompt: npm start -- "Tell me a joke" --provider ollama',
    );
  }
  return compare(signal);
}

function askService(prompt: string): Promise<readonly Outcome[]> {
  if (prompt.trim() === '') program.error('error: the prompt is empty');
  return lastValueFrom(ask({ ...findService(), prompt, signal }).pipe(toArray()), { defaultValue: [] });
}

function findService(): Service {
  try {
    return findModel(program.opts());
  } catch (error) {
    return program.error(`error: ${(error as Error).message}`);
  }
}
