import { type ChatMessage, LLMock } from '@copilotkit/aimock';
import type { LanguageModel } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

/** What the model thinks, says and calls in one round. */
interface PlayedRound {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly arguments: object }[];
}

/** The part that a model plays: what it answers to a conversation, when it was asked so often before. */
export type Script = (messages: readonly ChatMessage[], call: number) => PlayedRound;

// Who looks on wants to see it grow; who reads the output of a pipe does not.
const pace = process.stderr.isTTY ? { streamingProfile: { ttft: 300, tps: 40, jitter: 0.4 } } : {};

/** Starts a server that speaks OpenAI's protocol, on a port that is free, and makes the model that asks it. */
export async function playModel(script: Script): Promise<LanguageModel> {
  const server = new LLMock({ port: 0, chunkSize: 5 });
  let call = 0;
  const answer = ({ messages }: { messages: readonly ChatMessage[] }) => {
    const { thinking = '', text = '', calls = [] } = script(messages, call++);
    const toolCalls = calls.map(({ name, arguments: args }) => ({ name, arguments: JSON.stringify(args) }));
    return {
      content: text,
      ...(thinking !== '' && { reasoning: thinking }),
      ...(toolCalls.length > 0 && { toolCalls }),
      usage: { input_tokens: tokens(messages), output_tokens: tokens([thinking, text, calls]) },
    };
  };
  server.on({}, answer, pace);

  return openai('gpt-5-mini', { baseURL: `${await server.start()}/v1`, apiKey: 'none is needed' });
}

/** About as many as a model would count. */
function tokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4);
}
