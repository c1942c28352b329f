import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import type { LanguageModel } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

/** A batch that needs no key and no network. */
export interface Demo {
  readonly input: string;
  readonly output: string;
  readonly model: LanguageModel;
}

/** Writes prompts, and starts a server that answers them; now and then it refuses. It ends with the process. */
export async function startDemo(): Promise<Demo> {
  const mock = new LLMock({ port: 0, logLevel: 'silent', journalMaxEntries: 100 });
  const usage = { prompt_tokens: 12, completion_tokens: 9 };
  mock.on(
    {},
    ({ messages }) => ({ content: `You said: ${JSON.stringify(messages.at(-1)?.content)}`, usage }),
    {
      streamingProfile: { ttft: 300, tps: 60, jitter: 0.5 },
      chaos: { rateLimitRate: 0.005, disconnectRate: 0.02 },
    },
  );
  const host = await mock.start();

  const folder = await mkdtemp(join(tmpdir(), 'batch-'));
  const input = join(folder, 'prompts.jsonl');
  const lines = Array.from({ length: 500 }, (_, index) => JSON.stringify({ prompt: `Prompt ${index + 1}` }));
  await writeFile(input, `${lines.join('\n')}\n`);

  return {
    input,
    output: join(folder, 'answers.jsonl'),
    model: openai('gpt-5-mini', { baseURL: `${host}/v1`, apiKey: 'none is needed' }),
  };
}
