/**
 * What each step of a stream costs: 20,000 Anthropic deltas, first with `fetch`, parser and `JSON.parse` alone, then
 * with one more step of ours each time. `node bench/steps.ts [rounds]` prints milliseconds of the processor.
 *
 * Every sum of steps is a process of its own, since a function is compiled for all that it has ever been called with.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { lastValueFrom } from 'rxjs';
import { accumulateText } from '../operators/accumulateText.ts';
import { anthropic } from '../providers/anthropic.ts';
import { mapEvents } from '../providers/anthropic/events.ts';
import { readEventsOrDocument } from '../providers/wire/lines.ts';
import { readBody } from '../providers/wire/readBody.ts';
import { streamCall } from '../providers/wire/streamCall.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { make } from './clients/fetch.ts';

const [argument = '5', url = ''] = process.argv.slice(2);
const noLimit = 1e9;

type Take = (text: string) => void;

/** The events of a body, read as the providers do. */
async function readBodyOf(onEvent: (data: string, name?: string) => void): Promise<void> {
  const { body } = await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' });
  if (!body) throw new Error('There is no body');
  const reader = readEventsOrDocument(noLimit, onEvent, () => undefined);
  await new Promise<void>((resolve, reject) => {
    readBody(body, {
      text: (text) => {
        reader.push(text);
        return 'text';
      },
      end: resolve,
      fail: reject,
      abort: () => undefined,
    });
  });
}

const takeText = (take: Take) => (chunk: StreamChunk) => {
  if (chunk.type === 'text-delta') take(chunk.text);
};

const call = (keepPartial: boolean) =>
  streamCall({
    provider: 'anthropic',
    model: 'bench',
    format: 'sse',
    connect: (signal) => fetch(`${url}/v1/messages`, { method: 'POST', body: '{}', signal }),
    mapEvents,
    includeRaw: false,
    keepPartial,
    maxEventLength: noLimit,
    keyOwners: () => [],
  });

const steps: Record<string, (take: Take) => Promise<unknown>> = {
  'fetch, parser, JSON.parse': async (take) => {
    take((await make.anthropic?.(url).read()) ?? '');
  },
  'whole lines, errors of the wire': (take) =>
    readBodyOf((data) => {
      const { delta } = JSON.parse(data) as { readonly delta?: { readonly text?: string } };
      if (delta?.text) take(delta.text);
    }),
  'events to chunks': (take) => {
    const mapper = mapEvents(takeText(take), { provider: 'anthropic', model: 'bench' });
    return readBodyOf((data, name) => mapper.event(JSON.parse(data), name));
  },
  'an Observable that can be unsubscribed': (take) => call(false).forEach(takeText(take)),
  'the partial for errors': (take) => call(true).forEach(takeText(take)),
  accumulateText: async (take) => {
    take(await lastValueFrom(call(true).pipe(accumulateText())));
  },
  'the request of the SDK': async (take) => {
    const model = anthropic('claude-sonnet-5', { apiKey: 'none', baseURL: url });
    take(await lastValueFrom(model.stream('Say something').pipe(accumulateText())));
  },
};

const median = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const step = steps[argument];
if (step) {
  const times: number[] = [];
  for (let round = -20; round < 100; round += 1) {
    const before = process.cpuUsage();
    let text = '';
    await step((piece) => (text += piece));
    const { user, system } = process.cpuUsage(before);
    if (text.length < 20_000) throw new Error(`${argument} lost text`);
    if (round >= 0) times.push((user + system) / 1000);
  }
  console.log(median(times));
} else {
  const server = fork(new URL('server.ts', import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  const times = new Map(Object.keys(steps).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < Number(argument); round += 1) {
    for (const [name, measured] of times) {
      const of = [import.meta.filename, name, `http://127.0.0.1:${port}/flat`];
      const { stdout } = await promisify(execFile)(process.execPath, of);
      measured.push(Number(stdout));
    }
  }
  server.disconnect();
  let last = 0;
  for (const [name, measured] of times) {
    const time = median(measured);
    console.log(`${time.toFixed(1).padStart(6)} ms  ${(time - last).toFixed(1).padStart(5)}  ${name}`);
    last = time;
  }
}
