import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { type ChatMessage, LLMock } from '@copilotkit/aimock';
import { pipeModel } from '../../models/pipeModel.ts';
import { splitThinking } from '../../operators/splitThinking.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { LanguageModel } from '../../src/model.ts';

/** What a model thinks, says and calls in one round. */
export interface ScriptedRound {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly {
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>>;
  }[];
  /** Whether the server falls silent in the middle of the text, which must be long. */
  readonly hangs?: boolean;
}

/** The rounds of a model behind what the user says. */
export type ModelScript = Readonly<Record<string, readonly ScriptedRound[]>>;

/** Models of all providers, which play the same script. */
export interface ScriptedModels {
  create(provider: ProviderName): LanguageModel;
  /** The bodies of all requests so far, as they were sent. */
  readonly bodies: readonly Readonly<Record<string, unknown>>[];
  /** Settles when the server's next answer ends: `cut` where the other side closed the connection before. */
  nextEnd(): Promise<'whole' | 'cut'>;
  close(): Promise<void>;
}

export type ProviderName = (typeof providerNames)[number];

export const providerNames = ['openai', 'openaiChat', 'anthropic', 'ollama'] as const;

/** Starts a server that speaks the protocols of all providers; their real SDKs ask it. */
export async function startScript(script: ModelScript): Promise<ScriptedModels> {
  const mock = new LLMock({ port: 0, chunkSize: 6 });
  for (const [userMessage, rounds] of Object.entries(script)) {
    for (const [index, round] of rounds.entries()) play(mock, userMessage, index, round);
  }
  const url = await mock.start();
  const bodies: Readonly<Record<string, unknown>>[] = [];
  const fetchAndTell: typeof fetch = (input, init) => {
    bodies.push(JSON.parse(init?.body as string) as Record<string, unknown>);
    return fetch(input, init);
  };
  const access = { apiKey: 'none', fetch: fetchAndTell };

  const models: Record<ProviderName, () => LanguageModel> = {
    openai: () => openai('gpt-5-mini', { ...access, baseURL: `${url}/v1` }),
    openaiChat: () => openaiChat('gpt-5-mini', { ...access, baseURL: `${url}/v1` }),
    anthropic: () => anthropic('claude-sonnet-5-5', { ...access, baseURL: url }),
    ollama: () => pipeModel(ollama('qwen3', { host: url, fetch: fetchAndTell }), splitThinking()),
  };

  return {
    create: (provider) => models[provider](),
    bodies,
    nextEnd,
    close: () => mock.stop(),
  };
}

function play(mock: LLMock, userMessage: string, index: number, round: ScriptedRound): void {
  const { thinking, text = '', calls = [], hangs = false } = round;
  const isRound = ({ messages }: { messages: ChatMessage[] }) => countRounds(messages) === index;
  const toolCalls = calls.map((call, at) => ({ id: `call_${index}_${at}`, ...call }));
  const common = calls.length > 0 ? { toolCalls } : {};
  // Some pieces at once, and the next one never.
  const interChunkDelaysMs = [...Array<number>(20).fill(0), 2 ** 31 - 1];
  const pace = hangs ? { recordedTimings: { ttftMs: 0, interChunkDelaysMs, totalDurationMs: 0 } } : {};

  if (thinking !== undefined) {
    // The mock sends Ollama's thinking in a field that no real server has; older models write it into the text.
    const content = `<think>${thinking}</think>${text}`;
    mock.on({ userMessage, model: 'qwen3', predicate: isRound }, { ...common, content }, pace);
  }
  const signed = thinking !== undefined && { reasoning: thinking, reasoningSignature: 'signed' };
  mock.on({ userMessage, predicate: isRound }, { ...common, content: text, ...signed }, pace);
}

/** How many rounds there were since the user spoke; a round may be several messages. */
function countRounds(messages: readonly ChatMessage[]): number {
  const roles = messages.slice(messages.findLastIndex(({ role }) => role === 'user')).map(({ role }) => role);
  return roles.filter((role, at) => role === 'assistant' && roles[at - 1] !== 'assistant').length;
}

function nextEnd(): Promise<'whole' | 'cut'> {
  const channel = 'http.server.request.start';
  return new Promise((resolve) => {
    const onRequest = (message: unknown): void => {
      unsubscribe(channel, onRequest);
      const { response } = message as { response: ServerResponse };
      response.once('close', () => resolve(response.writableFinished ? 'whole' : 'cut'));
    };
    subscribe(channel, onRequest);
  });
}
