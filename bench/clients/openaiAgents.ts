/** The OpenAI Agents SDK, `run(agent, prompt, { stream: true })`. */
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
} from '@openai/agents';
import { OpenAI } from 'openai';
import { type Client, iterate, type MakeClient, prompt } from './client.ts';

setTracingDisabled(true);

const client = (
  Model: typeof OpenAIChatCompletionsModel | typeof OpenAIResponsesModel,
  url: string,
): Client => {
  const sdk = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
  const agent = new Agent({ name: 'bench', model: new Model(sdk as never, 'gpt-5-mini') });
  return iterate(
    () => run(agent, prompt, { stream: true }),
    (event) =>
      event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta'
        ? event.data.delta
        : '',
  );
};

export const make: MakeClient = {
  chat: (url) => client(OpenAIChatCompletionsModel, url),
  responses: (url) => client(OpenAIResponsesModel, url),
};
