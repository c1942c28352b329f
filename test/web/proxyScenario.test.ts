import OpenAI from 'openai';
import { of } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import { tool } from '../../src/tool.ts';
import { openaiEndpoint } from '../../web/openaiEndpoint.ts';
import { providerNames, type ScriptedModels, startScript } from '../agents/scriptedModels.ts';
import { type Loopback, serveFetch } from './loopback.ts';

const question = 'Is it warmer in Bern or in Oslo?';
const messages = [{ role: 'user' as const, content: question }];
const weather = tool({
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => of(city === 'Bern' ? 'snow' : 'sun'),
});
const calls = ['Bern', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city } }));

let script: ScriptedModels;
let loopback: Loopback;

beforeAll(async () => {
  script = await startScript({ [question]: [{ calls }, { text: 'In Oslo.' }] });
});

afterAll(() => script.close());

describe.each(providerNames)('an agent on %s behind the OpenAI protocol', (provider) => {
  beforeAll(async () => {
    const assistant = agent({ model: script.create(provider), tools: [weather] });
    loopback = await serveFetch(openaiEndpoint(({ request }) => assistant.stream(request.messages)));
  });

  afterAll(() => loopback.close());

  const create = () => new OpenAI({ apiKey: 'key', baseURL: loopback.url, maxRetries: 0 });

  it('runs its tools and streams the answer to the SDK', async () => {
    const stream = await create().chat.completions.create({ model: 'assistant', messages, stream: true });
    let text = '';
    const reasons: string[] = [];
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      expect(choices[0]?.delta.tool_calls).toBeUndefined();
      if (choices[0]?.finish_reason) reasons.push(choices[0].finish_reason);
    }

    expect(text).toBe('In Oslo.');
    expect(reasons).toEqual(['stop']);
    expect(JSON.stringify(script.bodies.at(-1))).toMatch(/snow.*sun/);
  });

  it('answers at once when that is asked for', async () => {
    const completion = await create().chat.completions.create({ model: 'assistant', messages });

    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'In Oslo.' });
  });
});
