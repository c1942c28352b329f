import { LLMock } from '@copilotkit/aimock';
import { firstValueFrom, lastValueFrom, tap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectResponse } from '../../operators/collectResponse.ts';
import { executeTools } from '../../operators/executeTools.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { splitThinking } from '../../operators/splitThinking.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { LanguageModel, Message, StreamChunk } from '../../src/index.ts';
import { ResponseBuilder } from '../../src/response.ts';

const weather = {
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }: { city: string }) => `Snow in ${city}`,
};

let mock: LLMock;
let url: string;

beforeAll(async () => {
  mock = new LLMock({ port: 0, chunkSize: 4 });
  mock.on({ userMessage: 'hello' }, { content: 'Hello, who are you?', reasoning: 'A greeting.' });
  for (const [name] of providers) {
    const match = { userMessage: `broken for ${name}!` };
    mock.on({ ...match, sequenceIndex: 0 }, { content: 'Half an answer that' }, { truncateAfterChunks: 3 });
    mock.on(match, { content: 'A whole answer' });
  }
  mock.on({ userMessage: 'coat', hasToolResult: true }, { content: 'Take a coat' });
  mock.on(
    { userMessage: 'coat' },
    { toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' }] },
  );
  url = await mock.start();
});

afterAll(() => mock.stop());

const providers: [string, () => LanguageModel][] = [
  ['openai', () => openai('gpt-5-mini', { baseURL: `${url}/v1`, apiKey: 'none' })],
  ['openaiChat', () => openaiChat('gpt-5-mini', { baseURL: `${url}/v1`, apiKey: 'none' })],
  ['anthropic', () => anthropic('claude-sonnet-5-5', { baseURL: url, apiKey: 'none' })],
  ['ollama', () => ollama('qwen3', { host: url })],
];

describe.each(providers)('%s asking a mock server', (name, create) => {
  it('streams an answer with its thinking and usage', async () => {
    const { text, thinking, finishReason, usage } = await firstValueFrom(
      create().stream('hello').pipe(verifyGrammar(), collectResponse()),
    );

    expect({ text, finishReason }).toEqual({ text: 'Hello, who are you?', finishReason: 'stop' });
    // The mock sends Ollama's thinking in a field that no real server has.
    expect(thinking).toBe(name === 'ollama' ? '' : 'A greeting.');
    expect(usage).toBeDefined();
  });

  it('has a conversation of two rounds with a tool', async () => {
    const question: Message = { role: 'user', content: 'Do I need a coat?' };
    const request = { messages: [question], tools: [weather] };
    const response = new ResponseBuilder();
    const first = await lastValueFrom(
      create()
        .stream(request)
        .pipe(
          executeTools([weather]),
          verifyGrammar(),
          tap((chunk) => response.add(chunk)),
          toArray(),
        ),
    );
    const results = first.filter((chunk) => chunk.type === 'tool-result');
    expect(results).toMatchObject([{ toolName: 'weather', result: 'Snow in Bern', isError: false }]);

    const answer: Message = { role: 'tool', content: results };
    const second = create().stream({ ...request, messages: [question, response.message, answer] });
    expect(await firstValueFrom(second.pipe(verifyGrammar(), collectResponse()))).toMatchObject({
      text: 'Take a coat',
      finishReason: 'stop',
    });
  });

  it('begins again when the server drops the connection in mid-answer, without doubling the text', async () => {
    const seen: StreamChunk[] = [];
    const { text } = await firstValueFrom(
      create()
        .stream(`broken for ${name}!`)
        .pipe(
          retryStream({ delay: 0 }),
          splitThinking(),
          verifyGrammar(),
          tap((chunk) => seen.push(chunk)),
          collectResponse(),
        ),
    );

    expect(text).toBe('A whole answer');
    expect(seen.map(({ type }) => type)).toContain('restart');
  });
});
