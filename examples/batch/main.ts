/** Asks a file of prompts, and writes a file of answers; killed at any moment, it goes on where it was. */
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { Price, Schema } from 'rxllm';
import { modelFrom } from 'rxllm/models';
import { z } from 'zod';
import { toPrintable } from '../start/printable.ts';
import { stopOnInterrupt } from '../start/stopOnInterrupt.ts';
import { startDemo } from './demo.ts';
import { type Job, type Outcome, runBatch } from './runBatch.ts';

interface Options {
  readonly model: string;
  readonly concurrency: number;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly schema?: string;
  readonly price: Price;
}

const program = new Command('npm run example -- batch')
  .description(
    'Asks each line of a file, and writes each answer as a line. Without files: a demo, no key needed.',
  )
  .argument(
    '[input]',
    'JSON lines: "prompt", {"id", "prompt"} or {"id", "messages", …}; the id may be left out',
  )
  .argument('[output]', 'JSON lines: {"id", "text", "usage", "cost"}; what stands there is not asked again')
  .option('--model <name>', 'provider/model', 'openai/gpt-5-mini')
  .option('--concurrency <n>', 'most requests at a time', toCount, 20)
  .option('--rpm <n>', 'most requests in a minute', toCount)
  .option('--tpm <n>', 'most tokens in a minute', toCount)
  .option('--schema <file>', 'JSON Schema of the answers, which are then {"id", "value", "usage", "cost"}')
  .option('--price <input,output>', 'of a million tokens', toPrice, { input: 0.25, output: 2 })
  .showSuggestionAfterError(false)
  .parse();

const { model, schema, ...settings } = program.opts<Options>();
const [input, output] = program.args;
const signal = stopOnInterrupt();

try {
  const outcome = await runBatch({ ...(await findFiles()), ...settings, schema: await readSchema(), signal });
  report(outcome);
  process.exitCode = signal.aborted ? 130 : outcome.done < outcome.total ? 1 : 0;
} catch (error) {
  program.error(`error: ${toPrintable((error as Error).message)}`);
}
// Ends the server of the demo, too.
process.exit();

/** The files and the model that are given, or those of the demo. */
async function findFiles(): Promise<Pick<Job, 'input' | 'output' | 'model'>> {
  if (input === undefined) return startDemo();
  if (output === undefined) return program.error('error: the output is missing');
  return { input, output, model: modelFrom(model) };
}

async function readSchema(): Promise<Schema | undefined> {
  if (schema === undefined) return undefined;
  return z.fromJSONSchema(JSON.parse(await readFile(schema, 'utf8')) as z.core.JSONSchema.JSONSchema);
}

function report({ total, done, failed, cost, failures, hopeless }: Outcome): void {
  if (hopeless !== undefined) console.error(`Stopped, since all would fail alike: ${toPrintable(hopeless)}`);
  if (signal.aborted) console.error('Interrupted.');
  if (failed > 0) console.error(`${failed} failed, see ${failures}`);
  console.error(
    `${done} of ${total} done, for $${cost.toFixed(4)}.${done < total ? ' Run it again for the others.' : ''}`,
  );
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return count;
}

function toPrice(text: string): Price {
  const [input = NaN, output = NaN] = text.split(',').map(Number);
  if (!(input >= 0 && output >= 0)) throw new InvalidArgumentError('It must be two numbers, as in 0.25,2.');
  return { input, output };
}
