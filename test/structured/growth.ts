import { OpenAI } from 'openai';
import { from, lastValueFrom, tap } from 'rxjs';
import { z } from 'zod';
import { accumulateObject } from '../../operators/accumulateObject.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { StreamChunk } from '../../src/index.ts';
import { recordsJson } from './records.ts';

/**
 * Measures what a snapshot at every delta of four characters costs, and fails where it grows too much:
 * `npm run growth`.
 */

/** Most that ten times the text may cost, and a whole client in times of the SDK without snapshots. */
const limits = { records: 25, string: 15, client: 0.6 };
const rounds = Number(process.env['ROUNDS'] ?? 7);
const anything = z.unknown();

function longString(length: number): string {
  return JSON.stringify({ story: 'Once upon a time. '.repeat(length / 18) });
}

function* deltasOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 4) yield text.slice(at, at + 4);
}

/** Made one by one, as of a wire: a list of them would be most of what the garbage collector looks at. */
function* chunksOf(text: string): Generator<StreamChunk> {
  yield { type: 'start', provider: 'test', model: 'test-1' };
  for (const delta of deltasOf(text)) yield { type: 'text-delta', text: delta, block: 0 };
  yield { type: 'finish', reason: 'stop', metadata: {} };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Milliseconds of the processor: on a busy machine the clock also counts those of others. */
async function time(task: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Milliseconds of each task in rounds in which they take turns. */
async function compare<Name extends string>(
  tasks: Record<Name, () => Promise<unknown>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<() => Promise<unknown>>(tasks);
  const times = new Map(entries.map(([name]): [string, number[]] => [name, []]));
  for (const [, task] of entries) await task();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, task] of entries) times.get(name)?.push(await time(task));
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, median(all)])) as Record<Name, number>;
}

/** Reads the text through the operator, and checks that snapshots taken on the way stay as they were. */
function accumulate(text: string): () => Promise<unknown> {
  const marks = [100, 1000, 10_000];

  return async () => {
    const kept: { readonly value: unknown; readonly text: string }[] = [];
    let count = 0;
    const { value } = await lastValueFrom(
      from(chunksOf(text)).pipe(
        accumulateObject(anything),
        tap((state) => {
          count += 1;
          if (marks.includes(count)) kept.push({ value: state.value, text: JSON.stringify(state.value) });
        }),
      ),
    );
    if (kept.some((one) => JSON.stringify(one.value) !== one.text)) throw new Error('a snapshot has changed');
    if (JSON.stringify(value) !== text) throw new Error('the value is not the text');
  };
}

/** A `fetch` that answers with the text as Chat Completions stream it, some events a read. */
function answerWith(text: string): typeof fetch {
  const event = (delta: object, reason: string | null) =>
    `data: ${JSON.stringify({
      ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test-1' },
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    })}\n\n`;
  const events = [...deltasOf(text)].map((content) => event({ content }, null));
  const body = [...events, event({}, 'stop'), 'data: [DONE]\n\n'];
  const reads: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += 16)
    reads.push(new TextEncoder().encode(body.slice(at, at + 16).join('')));

  return () => {
    let next = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const read = reads[next];
        next += 1;
        if (read) controller.enqueue(read);
        else controller.close();
      },
    });
    return Promise.resolve(new Response(stream, { headers: { 'content-type': 'text/event-stream' } }));
  };
}

function clients(text: string): Record<'ours' | 'sdk', () => Promise<unknown>> {
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://localhost/v1',
    fetch: answerWith(text),
    maxRetries: 0,
  });
  const model = openaiChat('test-1', { client });

  return {
    ours: () => lastValueFrom(model.stream('Go').pipe(accumulateObject(anything))),
    sdk: async () => {
      const stream = await client.chat.completions.create({
        model: 'test-1',
        messages: [{ role: 'user', content: 'Go' }],
        stream: true,
      });
      let all = '';
      for await (const chunk of stream) all += chunk.choices[0]?.delta.content ?? '';
      return JSON.parse(all) as unknown;
    },
  };
}

const results: [name: string, ratio: number, limit: number, detail: string][] = [];

for (const [name, make] of [
  ['records', recordsJson],
  ['string', longString],
] as const) {
  const { small, large } = await compare({ small: accumulate(make(1e5)), large: accumulate(make(1e6)) });
  results.push([
    name,
    large / small,
    limits[name],
    `100 KB ${small.toFixed(1)} ms, 1 MB ${large.toFixed(1)} ms`,
  ]);
}
for (const [name, make] of [
  ['records', recordsJson],
  ['string', longString],
] as const) {
  const { ours, sdk } = await compare(clients(make(1e5)));
  results.push([
    `client, ${name}`,
    ours / sdk,
    limits.client,
    `ours ${ours.toFixed(1)} ms, SDK without snapshots ${sdk.toFixed(1)} ms`,
  ]);
}

for (const [name, ratio, limit, detail] of results) {
  console.log(
    `${ratio <= limit ? 'ok    ' : 'MISSED'} ${name.padEnd(16)} ${ratio.toFixed(2)} (at most ${limit}): ${detail}`,
  );
}
if (results.some(([, ratio, limit]) => !(ratio <= limit))) process.exitCode = 1;
