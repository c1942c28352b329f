import { createOpenAI } from '@ai-sdk/openai';
import { JsonOutputParser } from '@langchain/core/output_parsers';
import { ChatOpenAI } from '@langchain/openai';
import { Output, streamText } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { accumulateObject } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startServer, type TestServer } from '../../server.ts';
import { readTable } from './page.ts';
import { says } from './wire.ts';

const List = z.object({ marbles: z.array(z.object({ name: z.string(), size: z.number() })) });
type Partial = { readonly marbles?: readonly unknown[] } | undefined;

const text = JSON.stringify({
  marbles: Array.from({ length: 100 }, (_, size) => ({ name: `Marble of glass ${size}`, size })),
});
const pieces = text.match(/.{1,4}/g) ?? [];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  server.respond((response) => says(response, pieces));
});
afterAll(() => server.close());

/** Each tells every partial object that it has. */
const readers: Readonly<
  Record<string, (baseURL: string, tell: (value: Partial) => void) => Promise<unknown>>
> = {
  rxllm: (baseURL, tell) =>
    openaiChat('m', { apiKey: 'none', baseURL })
      .stream({ messages: [{ role: 'user', content: 'Hi' }], outputSchema: List })
      .pipe(accumulateObject(List))
      .forEach(({ value }) => tell(value)),
  '`openai`': (baseURL, tell) =>
    new OpenAI({ apiKey: 'none', baseURL }).chat.completions
      .stream({
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        response_format: zodResponseFormat(List, 'list'),
      })
      .on('content.delta', ({ parsed }) => tell(parsed as Partial))
      .done(),
  'AI SDK': async (baseURL, tell) => {
    const model = createOpenAI({ apiKey: 'none', baseURL }).chat('m');
    const output = Output.object({ schema: List });
    for await (const value of streamText({ model, prompt: 'Hi', output }).partialOutputStream) {
      tell(value);
    }
  },
  LangChain: async (baseURL, tell) => {
    const model = new ChatOpenAI({ apiKey: 'none', model: 'm', configuration: { baseURL } });
    for await (const value of await model.pipe(new JsonOutputParser()).stream('Hi')) tell(value);
  },
};

describe.each(Object.entries(readers))(
  'what docs/comparison.md says of structured output by %s',
  (name, read) => {
    it('is what it gives', async () => {
      const table = readTable('Structured output');
      const seen = new Set<string>();
      let before: Partial;
      let kept = 0;
      let made = 0;
      await read(`${server.url}/v1`, (value) => {
        seen.add(JSON.stringify(value));
        const first = value?.marbles?.[0];
        if ((value?.marbles?.length ?? 0) > 1 && (before?.marbles?.length ?? 0) > 1) {
          if (first === before?.marbles?.[0]) kept++;
          else made++;
        }
        before = value;
      });

      expect(before).toEqual(JSON.parse(text));
      expect({
        deltas: String(pieces.length),
        objects: String(seen.size),
        // The validated one at the end is the schema's own.
        unchanged: kept > 0 && made <= 1 ? 'the same objects' : 'new objects',
      }).toEqual({
        deltas: table.get('pieces of text')?.get(name),
        objects: table.get('different objects while it grows')?.get(name),
        unchanged: table.get('elements that do not change')?.get(name),
      });
    });
  },
);
