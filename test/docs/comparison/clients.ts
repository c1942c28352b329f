import { createOpenAI } from '@ai-sdk/openai';
import type { AIMessageChunk } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { isStepCount, streamText, tool as aiTool } from 'ai';
import OpenAI from 'openai';
import { zodFunction } from 'openai/helpers/zod';
import { accumulateText, type FinishReason, interruptOn, retryStream, shareRun, withTimeout } from 'rxllm';
import { agent, tool } from 'rxllm/agents';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { z } from 'zod';
import { importFromBench, isBenchInstalled } from './bench.ts';

/** How a client is asked. */
export interface Asking {
  readonly baseURL: string;
  /** Told the text that a reader has now; one that can wait waits for it. */
  readonly show: (text: string) => void | Promise<void>;
  readonly signal: AbortSignal;
  /** Milliseconds of silence that are too many, if the row is about that. */
  readonly silence?: number;
}

/** One library, with all retries on that it has. */
export interface Client {
  /** Resolves with how the stream ended. */
  ask(asking: Asking): Promise<string>;
  /** Has the tool `remove` called; resolves with how that ended. */
  runTool(baseURL: string, remove: (args: { path: string }) => unknown): Promise<string>;
}

const parameters = z.object({ path: z.string() });
const messages = [{ role: 'user' as const, content: 'Hi' }];
const access = { apiKey: 'none' };

/** Tells a reader that cannot take back: what it was given is what it has. */
function appendTo(show: Asking['show']): (piece: string) => void | Promise<void> {
  let text = '';
  return (piece) => show((text += piece));
}

const rxllm: Client = {
  async ask({ baseURL, show, signal, silence }) {
    let reason: FinishReason | undefined;
    const chunks = openaiChat('m', { ...access, baseURL })
      .stream('Hi')
      .pipe(
        interruptOn(signal),
        withTimeout({ each: silence ?? 10_000 }),
        retryStream({ count: 2, delay: 1 }),
        shareRun(),
      );
    chunks.pipe(accumulateText()).subscribe({ next: (text) => void show(text), error: () => undefined });
    await chunks.forEach((chunk) => {
      if (chunk.type === 'finish') reason = chunk.reason;
    });
    return reason === 'stop' ? 'done' : `finish ${reason}`;
  },
  async runTool(baseURL, remove) {
    const tools = [tool({ name: 'remove', parameters, execute: remove })];
    await agent({ model: openaiChat('m', { ...access, baseURL }), tools }).run('Hi');
    return 'done';
  },
};

const openaiSdk: Client = {
  async ask({ baseURL, show, signal, silence }) {
    const client = new OpenAI({
      ...access,
      baseURL,
      maxRetries: 2,
      ...(silence !== undefined && { timeout: silence }),
    });
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true }, { signal });
    const append = appendTo(show);
    for await (const chunk of stream) await append(chunk.choices[0]?.delta.content ?? '');
    return 'done';
  },
  async runTool(baseURL, remove) {
    const run = new OpenAI({ ...access, baseURL }).chat.completions.runTools({
      model: 'm',
      messages,
      stream: true,
      tools: [
        zodFunction({ name: 'remove', parameters, function: async (args) => String(await remove(args)) }),
      ],
    });
    await run.finalContent();
    return 'done';
  },
};

const aiSdk: Client = {
  async ask({ baseURL, show, signal, silence }) {
    const result = streamText({
      model: createOpenAI({ ...access, baseURL }).chat('m'),
      prompt: 'Hi',
      maxRetries: 2,
      streamRetries: 2,
      abortSignal: signal,
      ...(silence !== undefined && { timeout: { chunkMs: silence } }),
      onError: () => undefined,
    });
    const append = appendTo(show);
    for await (const piece of result.textStream) await append(piece);
    const reason = await result.finishReason.then(
      (finishReason) => finishReason,
      (error: unknown) => `results reject ${(error as Error).name}`,
    );
    return reason === 'stop' ? 'done' : reason.startsWith('results') ? `done, ${reason}` : `finish ${reason}`;
  },
  async runTool(baseURL, remove) {
    const { textStream } = streamText({
      model: createOpenAI({ ...access, baseURL }).chat('m'),
      prompt: 'Hi',
      tools: { remove: aiTool({ inputSchema: parameters, execute: remove }) },
      stopWhen: isStepCount(3),
    });
    for await (const _ of textStream);
    return 'done';
  },
};

const langchain: Client = {
  async ask({ baseURL, show, signal, silence }) {
    const model = new ChatOpenAI({ ...access, model: 'm', maxRetries: 2, configuration: { baseURL } });
    const options = { signal, ...(silence !== undefined && { timeout: silence }) };
    const append = appendTo(show);
    for await (const chunk of await model.withRetry({ stopAfterAttempt: 3 }).stream('Hi', options)) {
      await append(chunk.text);
    }
    return 'done';
  },
  // Its core has no loop: what such a loop would run.
  async runTool(baseURL, remove) {
    const model = new ChatOpenAI({ ...access, model: 'm', configuration: { baseURL } }).bindTools([
      { type: 'function', function: { name: 'remove', parameters: z.toJSONSchema(parameters) } },
    ]);
    let answer: AIMessageChunk | undefined;
    for await (const chunk of await model.stream('Hi')) answer = answer?.concat(chunk) ?? chunk;
    for (const call of answer?.tool_calls ?? []) remove(parameters.parse(call.args));
    return 'done';
  },
};

interface AgentsSdk {
  readonly Agent: new (options: object) => object;
  readonly OpenAIChatCompletionsModel: new (client: unknown, model: string) => object;
  readonly setTracingDisabled: (disabled: boolean) => void;
  readonly tool: (options: object) => object;
  readonly run: (
    agent: object,
    input: string,
    options: object,
  ) => Promise<{ toTextStream(): AsyncIterable<string>; completed: Promise<void>; finalOutput: unknown }>;
}

async function openaiAgents(): Promise<Client> {
  const sdk = await importFromBench<AgentsSdk>('@openai/agents');
  sdk.setTracingDisabled(true);
  const start = (baseURL: string, options: object, more: object) => {
    const client = new OpenAI({ ...access, baseURL, maxRetries: 2 });
    const model = new sdk.OpenAIChatCompletionsModel(client, 'm');
    return sdk.run(new sdk.Agent({ name: 'agent', model, ...options }), 'Hi', { stream: true, ...more });
  };
  return {
    async ask({ baseURL, show, signal }) {
      const retry = { maxRetries: 2, policy: () => true, backoff: { initialDelayMs: 1 } };
      const result = await start(baseURL, { modelSettings: { retry } }, { signal });
      const append = appendTo(show);
      for await (const piece of result.toTextStream()) await append(piece);
      await result.completed;
      return result.finalOutput === undefined ? 'done, no finalOutput' : 'done';
    },
    async runTool(baseURL, remove) {
      const tools = [sdk.tool({ name: 'remove', description: 'Removes', parameters, execute: remove })];
      const result = await start(baseURL, { tools }, { maxTurns: 3 });
      for await (const _ of result.toTextStream());
      await result.completed;
      return 'done';
    },
  };
}

interface TanStack {
  readonly chat: (options: object) => AsyncIterable<{ readonly type: string; readonly delta?: string }>;
  readonly maxIterations: (count: number) => object;
  readonly toolDefinition: (options: object) => {
    readonly server: (execute: (args: { path: string }) => unknown) => object;
  };
}

async function tanstack(): Promise<Client> {
  const { chat, maxIterations, toolDefinition } = await importFromBench<TanStack>('@tanstack/ai');
  const { createOpenaiChatCompletions } = await importFromBench<{
    readonly createOpenaiChatCompletions: (model: string, key: string, options: object) => object;
  }>('@tanstack/ai-openai');
  const start = (baseURL: string, options: object) =>
    chat({
      adapter: createOpenaiChatCompletions('m', 'none', { baseURL }),
      messages,
      debug: false,
      ...options,
    });
  return {
    async ask({ baseURL, show, signal }) {
      const abortController = new AbortController();
      signal.addEventListener('abort', () => abortController.abort());
      const append = appendTo(show);
      let end = 'done, no RUN_FINISHED';
      for await (const { type, delta } of start(baseURL, { abortController })) {
        if (type === 'TEXT_MESSAGE_CONTENT') await append(delta ?? '');
        if (type === 'RUN_FINISHED') end = 'done';
        if (type === 'RUN_ERROR') end = 'RUN_ERROR';
      }
      return end;
    },
    async runTool(baseURL, remove) {
      const definition = toolDefinition({ name: 'remove', description: 'Removes', inputSchema: parameters });
      const options = { tools: [definition.server(remove)], agentLoopStrategy: maxIterations(3) };
      for await (const _ of start(baseURL, options));
      return 'done';
    },
  };
}

/** The clients by the names of their columns. */
export const clients: readonly (readonly [string, () => Client | Promise<Client>])[] = [
  ['rxllm', () => rxllm],
  ['`openai`', () => openaiSdk],
  ['AI SDK', () => aiSdk],
  ['LangChain', () => langchain],
  ...(isBenchInstalled
    ? ([
        ['OpenAI Agents', openaiAgents],
        ['TanStack AI', tanstack],
      ] as const)
    : []),
];
