import { LLMock } from '@copilotkit/aimock';
import type { LanguageModel } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';
import { ollama } from 'rxllm/providers/ollama';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';

/** Four models behind four protocols, all played by one server in this process. */
export interface Demo {
  readonly prompt: string;
  /** The models by the name of their provider. */
  readonly models: Readonly<Record<string, LanguageModel>>;
}

interface Script {
  readonly model: string;
  /** What it thinks before it asks for the weather, and before it answers. */
  readonly thinking?: readonly [string, string];
  readonly answer: string;
  /** Pieces a second. */
  readonly tps: number;
  /** Whether it writes its thinking into the text, between tags, as older open models do. */
  readonly usesTags?: true;
  /** Whether the connection breaks in the middle of its first answer. */
  readonly breaks?: true;
}

const prompt = 'Do I need a coat in Bern today?';

const scripts = {
  openai: {
    model: 'gpt-5-mini',
    thinking: ['The answer depends on the weather, so I look it up.', 'Below zero, and it snows.'],
    answer:
      'Yes, and a warm one: it is −2 °C in Bern and snowing lightly. Waterproof shoes would not hurt either.',
    tps: 30,
  },
  'openai-chat': {
    model: 'gpt-4.1-mini',
    answer:
      'Yes. Bern has −2 °C and light snow right now, so take:\n\n- a winter coat\n- gloves\n- shoes that stand snow',
    tps: 40,
  },
  anthropic: {
    model: 'claude-sonnet-5-5',
    thinking: [
      'A coat depends on temperature and rain. I have a tool for both.',
      'Two degrees of frost with snow. A coat it is; a hood would be good, too.',
    ],
    answer:
      'You do! Two degrees below zero and light snow in Bern call for a proper winter coat, ideally with a hood. ' +
      'If you plan to stand around at the market, put on another layer.',
    tps: 34,
    breaks: true,
  },
  ollama: {
    model: 'qwen3:4b',
    thinking: [
      'The user asks about a coat in Bern. Let me call weather.',
      'It is -2 °C and it snows. So yes.',
    ],
    answer: 'Yes, you need a coat. The temperature in Bern is −2 °C with light snow, so dress warmly.',
    tps: 24,
    usesTags: true,
  },
} satisfies Record<string, Script>;

/** Starts the server, on a port that is free, and makes the models that ask it. It ends with the process. */
export async function startDemo(): Promise<Demo> {
  const mock = new LLMock({ port: 0, chunkSize: 5 });
  Object.values<Script>(scripts).forEach((script) => play(mock, script));
  const host = await mock.start();
  const apiKey = 'none is needed';

  return {
    prompt,
    models: {
      openai: openai(scripts.openai.model, { baseURL: `${host}/v1`, apiKey }),
      'openai-chat': openaiChat(scripts['openai-chat'].model, { baseURL: `${host}/v1`, apiKey }),
      anthropic: anthropic(scripts.anthropic.model, { baseURL: host, apiKey }),
      ollama: ollama(scripts.ollama.model, { host }),
    },
  };
}

/** One call in which the model thinks and asks for the weather, then another one with its answer. */
function play(mock: LLMock, { model, thinking, answer, tps, usesTags, breaks }: Script): void {
  const [before, after] = (thinking ?? ['', '']).map((text) =>
    usesTags
      ? { reasoning: '', content: `<think>\n${text}\n</think>\n\n` }
      : { reasoning: text, content: '' },
  );
  const pace = { streamingProfile: { ttft: 300, tps, jitter: 0.4 } };
  const call = {
    ...before,
    toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }],
    usage: { prompt_tokens: 94, completion_tokens: 31 },
  };
  const reply = {
    ...after,
    content: `${after?.content ?? ''}${answer}`,
    usage: { prompt_tokens: 152, completion_tokens: 68 },
  };

  mock.on({ model, hasToolResult: false }, call, pace);
  if (breaks) {
    mock.on({ model, hasToolResult: true, sequenceIndex: 0 }, reply, { ...pace, truncateAfterChunks: 36 });
  }
  mock.on({ model, hasToolResult: true }, reply, pace);
}
