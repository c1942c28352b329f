/** The marble diagram of a stream that is tried again, while it runs; and its picture, as an SVG file. */
import { writeFileSync } from 'node:fs';
import { defer, EMPTY, lastValueFrom } from 'rxjs';
import { ProviderError } from 'rxllm';
import { accumulateText, retryStream } from 'rxllm/operators';
import { debugMarbles, drawChunks, fromText, recordChunks } from 'rxllm/testing';
import { command, fail } from './start/command.ts';

const [picture] = command('debugMarbles', 'Shows a stream as a marble diagram. It needs no key.')
  .argument('[picture]', 'an SVG file to write, marbles.svg for instance')
  .parse().args;

/** What a model answers that is overloaded in the middle of its first attempt. */
const busy = new ProviderError('Overloaded', { provider: 'test', status: 529, retryable: true });
const attempts = [
  fromText('A marble rolled into a bar.', { interval: 70, failure: { at: 15, error: busy } }),
  fromText('Two marbles meet. It was a round table.', { interval: 70, thinking: 'Shorter.' }),
];
const chunks = defer(() => attempts.shift() ?? EMPTY);
const log: string[] = [];

const answer = chunks.pipe(
  retryStream({ delay: 400 }),
  recordChunks((line) => log.push(line)),
  debugMarbles({ write: (row) => console.log(row), label: 'joke' }),
  accumulateText(),
);

try {
  console.log(`\n${await lastValueFrom(answer)}`);
  if (picture !== undefined) {
    writeFileSync(picture, drawChunks(log, { format: 'svg' }));
    console.error(`The picture is in ${picture}`);
  }
} catch (error) {
  fail(error);
}
