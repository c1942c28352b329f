import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOpenAI } from '@ai-sdk/openai';
import * as ai from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { accumulateText, collectResponse, interruptOn, splitThinking, withTimeout } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { fromText, inVirtualTime } from 'rxllm/testing';
import { startServer, type TestServer } from '../../server.ts';
import { importFromBench, isBenchInstalled } from './bench.ts';
import { clients } from './clients.ts';
import { readTable } from './page.ts';
import { answers } from './wire.ts';

let server: TestServer;
const access = () => ({ apiKey: 'none', baseURL: `${server.url}/v1` });
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
afterEach(() => vi.useRealTimers());
// OpenAI Agents warns of a run that was stopped.
beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());

describe('a stream that nobody reads', () => {
  it('is asked for by streamText, not by rxllm', async () => {
    void openaiChat('m', access()).stream('Hi');
    await sleep(30);
    expect(server.requests).toHaveLength(0);

    ai.streamText({ model: createOpenAI(access()).chat('m'), prompt: 'Hi', onError: () => undefined });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  });
});

describe('an answer of which the stream is not the whole truth', () => {
  it('is “Hello” as text of the AI SDK, where its textStream doubles', async () => {
    let attempt = 0;
    server.respond((response) => void answers['an error event'](response, attempt++));
    const model = createOpenAI(access()).chat('m');
    const { text } = ai.streamText({ model, prompt: 'Hi', streamRetries: 1, onError: () => undefined });

    expect(await text).toBe('Hello');
  });

  it('is an error of the helper of openai, where the body ends early', async () => {
    server.respond((response) => void answers['the body ends early'](response, 0));
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const stream = new OpenAI(access()).chat.completions.stream({ model: 'm', messages });

    await expect(stream.finalContent()).rejects.toThrow('missing finish_reason');
  });
});

describe('a stream that is stopped', () => {
  it('has no steps for onAbort of the AI SDK', async () => {
    server.respond((response) => void answers['stopped by a signal'](response, 0));
    const stop = new AbortController();
    const onAbort = vi.fn();
    const model = createOpenAI(access()).chat('m');
    const { textStream } = ai.streamText({ model, prompt: 'Hi', abortSignal: stop.signal, onAbort });
    for await (const text of textStream) if (text === 'Hel') stop.abort();

    expect(onAbort).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ steps: [] }));
  });

  it('keeps its connection with ollama, where the loop is left', async () => {
    server.respond((response) =>
      response.write('{"message":{"role":"assistant","content":"Hel"},"done":false}\n'),
    );
    const stream = await new Ollama({ host: server.url }).chat({ model: 'm', messages: [], stream: true });
    for await (const _ of stream) break;
    const closed = server.requests.at(-1)?.closed.then(() => 'closed');

    expect(await Promise.race([closed, sleep(100).then(() => 'open')])).toBe('open');
    stream.abort();
    expect(await closed).toBe('closed');
  });
});

describe('a thinking tag that the model quotes in code', () => {
  const said = 'Write `<think>` before it.';

  it('is text to splitThinking', async () => {
    const text = fromText(said).pipe(splitThinking(), accumulateText());
    expect(await lastValueFrom(text)).toBe(said);
  });

  it('begins thinking to extractReasoningMiddleware', async () => {
    const model = ai.wrapLanguageModel({
      model: mockModel(said),
      middleware: ai.extractReasoningMiddleware({ tagName: 'think' }),
    });
    const { textStream } = ai.streamText({ model, prompt: 'Hi' });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe('Write `');
  });
});

describe('a minute of silence in a test', () => {
  it(
    'is a diagram of rxllm',
    inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
      const answer = fakeModel(['--H---'])
        .stream('Hi')
        .pipe(withTimeout({ each: 60_000 }));
      const screen = recordTimeline(answer);
      flush();

      expect(screen.error).toMatchObject({ limit: 'each', partial: { text: 'H' } });
    }),
  );

  it('is one of the fake timers of the test runner with the AI SDK', async () => {
    vi.useFakeTimers();
    const { stream } = ai.streamText({
      model: mockModel('H', true),
      prompt: 'Hi',
      timeout: { chunkMs: 60_000 },
    });
    const types: string[] = [];
    const end = (async () => {
      for await (const { type } of stream) types.push(type);
    })();
    await vi.advanceTimersByTimeAsync(60_000);
    await end;
    expect(types.at(-1)).toBe('abort');
  });
});

describe('an answer of Anthropic that is stopped', () => {
  it('has the tokens of its input', async () => {
    const message = { id: 'a', type: 'message', role: 'assistant', content: [], model: 'm' };
    const events = [
      { type: 'message_start', message: { ...message, usage: { input_tokens: 9, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
    ];
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const answer = anthropic('m', { apiKey: 'none', baseURL: server.url })
      .stream('Hi')
      .pipe(
        interruptOn((chunk) => chunk.type === 'text-delta'),
        collectResponse(),
      );

    expect(await firstValueFrom(answer)).toMatchObject({
      text: 'Hel',
      finishReason: 'aborted',
      usage: { inputTokens: 9, partial: true },
    });
  });
});

function mockModel(text: string, isSilent = false): MockLanguageModelV4 {
  const stream = new ReadableStream<never>({
    start(controller) {
      const parts = [
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: text },
      ];
      for (const part of parts) controller.enqueue(part as never);
      if (!isSilent) controller.close();
    },
  });
  return new MockLanguageModelV4({ doStream: { stream } });
}

describe('a reader that stops reading', () => {
  it.each(clients)('%s', async (name, make) => {
    const cell = readTable('A reader that stops reading').get('the server')?.get(name);
    const delta = { content: 'x'.repeat(2 ** 16) };
    const event = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
    // More than the buffers of all sockets hold.
    const total = 320;
    const stop = new AbortController();
    let written = 0;
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        while (written < total && !response.destroyed) {
          written++;
          if (!response.write(event)) {
            response.once('drain', write);
            return;
          }
        }
      };
      write();
    });
    const forever = once(stop.signal, 'abort').then(() => undefined);
    const asking = { ...access(), show: () => forever, signal: stop.signal };
    const end = (await make()).ask(asking).catch(() => undefined);
    let before: number;
    do {
      before = written;
      await sleep(400);
    } while (before !== written);
    stop.abort();
    await Promise.race([end, sleep(50)]);

    expect(written < total ? 'has to wait' : 'is read to the end').toBe(cell);
  });
});

describe('what others have', () => {
  it('is in the AI SDK', () => {
    const names = [
      'embed',
      'rerank',
      'generateImage',
      'generateSpeech',
      'transcribe',
      'experimental_generateVideo',
    ];

    expect(Object.keys(ai)).toEqual(expect.arrayContaining(names));
    expect(existsSync(new URL('../../../node_modules/ai/docs/04-ai-sdk-ui/', import.meta.url))).toBe(true);
  });

  it('is in LangChain', async () => {
    expect(await import('@langchain/core/prompts')).toHaveProperty('ChatPromptTemplate');
    expect(await import('@langchain/core/vectorstores')).toHaveProperty('VectorStore');
    expect(await import('@langchain/core/retrievers')).toHaveProperty('BaseRetriever');
    expect(await import('@langchain/core/document_loaders/base')).toHaveProperty('BaseDocumentLoader');
  });

  it.runIf(isBenchInstalled)('is in OpenAI Agents', async () => {
    const agents = await importFromBench('@openai/agents');
    const names = ['MCPServerStdio', 'MemorySession', 'handoff', 'webSearchTool', 'withTrace'];

    expect(Object.keys(agents as object)).toEqual(expect.arrayContaining(names));
  });
});
