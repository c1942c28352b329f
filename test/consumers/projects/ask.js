import { concatMap, from, last, map } from 'rxjs';
import { accumulateText } from 'rxllm';
import { agent } from 'rxllm/agents';
import { anthropic } from 'rxllm/providers/anthropic';
import { ollama } from 'rxllm/providers/ollama';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';

/** What an agent with each of the providers says, a line each; their servers are at `url`. */
export function ask(url) {
  const options = { apiKey: 'none', dangerouslyAllowBrowser: true };
  const models = {
    openai: openai('test-1', { ...options, baseURL: `${url}/openai` }),
    openaiChat: openaiChat('test-1', { ...options, baseURL: `${url}/openaiChat` }),
    anthropic: anthropic('test-1', { ...options, baseURL: `${url}/anthropic` }),
    ollama: ollama('test-1', { host: `${url}/ollama` }),
  };

  return from(Object.entries(models)).pipe(
    concatMap(([name, model]) =>
      agent({ model })
        .stream('Hello')
        .pipe(
          accumulateText(),
          last(),
          map((text) => `${name}: ${text}`),
        ),
    ),
  );
}
