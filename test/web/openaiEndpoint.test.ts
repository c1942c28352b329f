import OpenAI, { APIError, BadRequestError, RateLimitError } from 'openai';
import {
  concat,
  concatMap,
  defer,
  finalize,
  firstValueFrom,
  from,
  fromEvent,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  timer,
  toArray,
} from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { tool } from '../../src/tool.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import { openaiEndpoint, type OpenaiRequest } from '../../web/index.ts';
import { type Loopback, serveFetch } from './loopback.ts';
import { scripted } from './scripted.ts';
import { failing, finish, say, start, think, toolCall } from './said.ts';

let answer: (asked: OpenaiRequest) => Observable<StreamChunk>;
let loopback: Loopback;
let client: OpenAI;
let asked: OpenaiRequest | undefined;

const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const model = 'house/assistant';
const messages = [{ role: 'user', content: 'What is the weather in Bern?' }] as const;
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = { type: 'function', function: { name: 'weather', parameters } } as const;

beforeAll(async () => {
  const endpoint = openaiEndpoint((request) => answer((asked = request)));
  loopback = await serveFetch(endpoint);
  client = new OpenAI({ baseURL: `${loopback.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

afterEach(() => {
  asked = undefined;
});

afterAll(() => loopback.close());

describe('openaiEndpoint, asked by the SDK', () => {
  it('answers with a stream of thinking and text', async () => {
    answer = () => from([start, think('hm'), say('It is ', 1), say('sunny.', 1), finish('stop', usage)]);
    const stream = await client.chat.completions.create({
      model,
      messages: [...messages],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await lastValueFrom(from(stream).pipe(toArray()));

    expect(chunks.slice(0, -1).map(({ choices: [choice] }) => choice?.delta)).toStrictEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'It is ' },
      { content: 'sunny.' },
      {},
    ]);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 8 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(asked?.stream).toBe(true);
  });

  it('answers with one object where no stream is asked for', async () => {
    answer = () => from([start, say('It is sunny.'), finish('stop', usage)]);
    const completion = await client.chat.completions.create({ model, messages: [...messages] });

    expect(completion).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [{ message: { role: 'assistant', content: 'It is sunny.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
    expect(asked?.request.messages).toStrictEqual(messages);
  });

  it('shows an agent as one message, its tools hidden', async () => {
    const execute = () => timer(1).pipe(concatMap(() => of('sunny')));
    const own = tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute });
    const inner = scripted(
      [start, say('Let me see.'), ...toolCall('weather', 1), finish('tool-calls', usage)],
      [start, say('It is sunny.'), finish('stop', usage)],
    );
    answer = ({ request }) => agent({ model: inner, tools: [own] }).stream(request.messages);
    const final = await client.chat.completions
      .stream({ model, messages: [...messages], tools: [weather], stream_options: { include_usage: true } })
      .finalChatCompletion();

    expect(final.choices).toMatchObject([
      { message: { role: 'assistant', content: 'Let me see.\n\nIt is sunny.' }, finish_reason: 'stop' },
    ]);
    expect(final.choices[0]?.message.tool_calls ?? []).toStrictEqual([]);
    expect(final.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 10, total_tokens: 16 });
    expect(inner.requests[1]?.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ result: 'sunny' }],
    });
  });

  it('lets the client run its tools, by the helper of the SDK', async () => {
    const inner = scripted(
      [start, say('Let me see.'), ...toolCall('weather', 1), finish('tool-calls')],
      [start, say('It is sunny.'), finish()],
    );
    answer = ({ request }) => inner.stream(request);
    const cities: string[] = [];
    const runner = client.chat.completions.runTools({
      model,
      stream: true,
      messages: [...messages],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'Tells the weather',
            parameters,
            parse: JSON.parse as (text: string) => { city: string },
            function: ({ city }: { city: string }) => {
              cities.push(city);
              return 'sunny';
            },
          },
        },
      ],
    });

    expect(await runner.finalContent()).toBe('It is sunny.');
    expect(cities).toStrictEqual(['Bern']);
    expect(inner.requests[0]?.tools).toMatchObject([{ name: 'weather', description: 'Tells the weather' }]);
    expect(inner.requests[1]?.messages.slice(1)).toStrictEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', toolCallId: 'call_weather', toolName: 'weather', arguments: { city: 'Bern' } },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'call_weather', toolName: 'weather', result: 'sunny' }],
      },
    ]);
  });

  it('gives the calls of the client in the answer without a stream, too', async () => {
    answer = () => from([start, ...toolCall('weather'), finish('tool-calls')]);
    const { choices } = await client.chat.completions.create({
      model,
      messages: [...messages],
      tools: [weather],
    });

    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ id: 'call_weather', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
      },
    });
  });

  it('is read by openaiChat as what it was made of', async () => {
    answer = () => from([start, think('hm'), say('It is ', 1), say('sunny.', 1), finish('stop', usage)]);
    const chunks = await lastValueFrom(openaiChat(model, { client }).stream('Hi').pipe(toArray()));

    expect(chunks.map(({ type }) => type)).toStrictEqual([
      'start',
      'thinking-delta',
      'text-delta',
      'text-delta',
      'usage',
      'finish',
    ]);
    expect(chunks.at(-1)).toMatchObject({ reason: 'stop', usage });
  });

  it.each([true, false])('tells no usage that it does not know, stream %s', async (stream) => {
    answer = () => from([start, say('It is sunny.'), finish()]);
    const asked = openaiChat(model, { client }).stream({ messages: [...messages], stream });
    const chunks = await lastValueFrom(asked.pipe(toArray()));

    expect(chunks.map(({ type }) => type)).toStrictEqual(['start', 'text-delta', 'finish']);
    expect(chunks.at(-1)).not.toHaveProperty('usage');
  });

  it.each([true, false])('answers a refusal of the provider with its status, stream %s', async (stream) => {
    answer = () =>
      failing(
        new ProviderError('busy', {
          status: 429,
          code: 'rate_limit_exceeded',
          retryable: true,
          retryAfter: 20,
        }),
      );
    const error: unknown = await client.chat.completions
      .create({ model, messages: [...messages], stream })
      .then(undefined, (reason: unknown) => reason);

    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect((error as RateLimitError).message).toBe('429 busy');
    expect((error as RateLimitError).headers.get('retry-after-ms')).toBe('20');
  });

  it('lets the SDK try again what may succeed, and nothing else', async () => {
    const patient = new OpenAI({ baseURL: `${loopback.url}/v1`, apiKey: 'none', maxRetries: 1 });
    let attempts = 0;
    const failOnce = (retryable: boolean) => (): Observable<StreamChunk> =>
      (attempts += 1) === 1
        ? failing(new ProviderError('busy', { status: 503, retryable, retryAfter: 1 }))
        : from([start, say('Hi'), finish()]);
    answer = failOnce(true);
    const { choices } = await patient.chat.completions.create({ model, messages: [...messages] });

    expect([choices[0]?.message.content, attempts]).toStrictEqual(['Hi', 2]);

    attempts = 0;
    answer = failOnce(false);
    await expect(patient.chat.completions.create({ model, messages: [...messages] })).rejects.toMatchObject({
      status: 503,
    });
    expect(attempts).toBe(1);
  });

  it('answers a wrong request with 400 and what to do', async () => {
    const refused: unknown = await client.chat.completions
      .create({ model, messages: [...messages], n: 2 })
      .then(undefined, (reason: unknown) => reason);

    expect(refused).toBeInstanceOf(BadRequestError);
    expect(refused).toMatchObject({ status: 400, message: '400 n must be 1: ask again for another answer' });
    expect(asked).toBeUndefined();
  });

  it('answers what is no JSON with 400, and a bug with 500 that tells nothing', async () => {
    const post = (body: string) => fetch(`${loopback.url}/v1/chat/completions`, { method: 'POST', body });
    const noJson = await post('{"model":');

    expect(noJson.status).toBe(400);
    expect(await noJson.json()).toMatchObject({ error: { message: 'The body must be JSON' } });

    answer = () => {
      throw new Error('password=1');
    };
    for (const stream of [true, false]) {
      const bug = await post(JSON.stringify({ model, messages, stream }));

      expect(bug.status).toBe(500);
      expect(await bug.json()).toMatchObject({ error: { message: 'The server failed', code: 'internal' } });
    }
  });

  it('tells a failure within the stream as an error of the SDK', async () => {
    answer = () =>
      failing(new ProviderError('overloaded', { code: 'overloaded', retryable: true }), start, say('It'));
    const stream = await client.chat.completions.create({ model, messages: [...messages], stream: true });
    const seen: unknown[] = [];
    const error: unknown = await (async () => {
      for await (const { choices } of stream) seen.push(choices[0]?.delta.content);
    })().then(undefined, (reason: unknown) => reason);

    expect(seen).toStrictEqual(['', 'It']);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ message: 'overloaded', code: 'overloaded', type: 'server_error' });
  });

  it.each(['before the first chunk', 'while the model speaks', 'without a stream'])(
    'aborts the model when the client leaves %s',
    async (moment) => {
      const left = new EventTarget();
      const stopped = firstValueFrom(fromEvent(left, 'left'));
      const begun = firstValueFrom(fromEvent(left, 'begun'));
      const isSilent = moment !== 'while the model speaks';
      answer = () =>
        defer(() => {
          left.dispatchEvent(new Event('begun'));
          return concat(isSilent ? NEVER : from([start, say('It')]), NEVER).pipe(
            finalize(() => left.dispatchEvent(new Event('left'))),
          );
        });
      const controller = new AbortController();
      const request = client.chat.completions.create(
        { model, messages: [...messages], stream: moment !== 'without a stream' },
        { signal: controller.signal },
      );
      if (isSilent) {
        void request.catch(() => undefined);
        await begun;
        controller.abort();
      } else {
        for await (const { choices } of (await request) as AsyncIterable<OpenAI.ChatCompletionChunk>) {
          if (choices[0]?.delta.content === 'It') break;
        }
      }

      await expect(stopped).resolves.toMatchObject({ type: 'left' });
    },
  );
});
