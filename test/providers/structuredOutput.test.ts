import { LLMock } from '@copilotkit/aimock';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accumulateArguments } from '../../operators/accumulateArguments.ts';
import { accumulateObject } from '../../operators/accumulateObject.ts';
import { collectResponse } from '../../operators/collectResponse.ts';
import { elementsOf } from '../../operators/elementsOf.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { shareRun } from '../../operators/shareRun.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { LanguageModel, ModelRequest, ProviderSettings } from '../../src/index.ts';

const recipe = z.object({
  name: z.string(),
  minutes: z.number(),
  steps: z.array(z.object({ text: z.string() })),
});
const soup = { name: 'Soup 🍲 "hot"', minutes: 45, steps: [{ text: 'Cut the leek.' }, { text: 'Boil it.' }] };
const json = JSON.stringify(soup);

let mock: LLMock;
let url: string;

/** The text of the messages that the server got, and what it was told of the form of the answer. */
interface Received {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
  readonly tool_choice?: unknown;
  readonly response_format?: { readonly type?: string };
}

beforeAll(async () => {
  mock = new LLMock({ port: 0, chunkSize: 4 });
  mock.on({ userMessage: 'fenced' }, { content: `Here you are:\n\n\`\`\`json\n${json}\n\`\`\`\nEnjoy!` });
  for (const [name] of providers) {
    const match = { userMessage: `broken for ${name}!` };
    mock.on({ ...match, sequenceIndex: 0 }, { content: json }, { truncateAfterChunks: 12, latency: 2 });
    mock.on(match, { content: json });
  }
  mock.on({ userMessage: 'store' }, { toolCalls: [{ id: 'call_1', name: 'store', arguments: json }] });
  mock.on(
    { userMessage: 'soup', toolName: 'answer' },
    { toolCalls: [{ id: 'call_1', name: 'answer', arguments: json }] },
  );
  mock.on({ userMessage: 'soup' }, { content: json });
  url = await mock.start();
});

afterAll(() => mock.stop());

const providers: [string, (settings?: ProviderSettings) => LanguageModel][] = [
  ['openai', (settings) => openai('gpt-5-mini', { ...settings, baseURL: `${url}/v1`, apiKey: 'none' })],
  [
    'openaiChat',
    (settings) => openaiChat('gpt-5-mini', { ...settings, baseURL: `${url}/v1`, apiKey: 'none' }),
  ],
  ['anthropic', (settings) => anthropic('claude-sonnet-5-5', { ...settings, baseURL: url, apiKey: 'none' })],
  ['ollama', (settings) => ollama('qwen3', { ...settings, host: url })],
];

const without = { capabilities: { structuredOutput: false } };

function ask(content: string, rest: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'user', content }], outputSchema: recipe, ...rest };
}

/** The request as the mock server read it, in the words of Chat Completions. */
function lastReceived(): Received {
  return mock.getLastRequest()?.body as unknown as Received;
}

describe.each(providers)('%s', (name, create) => {
  it('streams an object by its own structured output, beside its chunks', async () => {
    const run = create().stream(ask('A soup!')).pipe(verifyGrammar(), shareRun());
    const states = lastValueFrom(run.pipe(accumulateObject(recipe), toArray()));
    const { text, finishReason } = await firstValueFrom(run.pipe(collectResponse()));
    const all = await states;

    expect({ text, finishReason }).toEqual({ text: json, finishReason: 'stop' });
    expect(all.at(-1)).toEqual({ status: 'done', value: soup, changes: [] });
    expect(all.length).toBeGreaterThan(10);
    expect(all.every(({ status }, index) => (status === 'done') === (index === all.length - 1))).toBe(true);
    expect(lastReceived().tools ?? []).toEqual([]);
  });

  it('streams an object where the model has no structured output', async () => {
    const run = create(without).stream(ask('A soup!')).pipe(verifyGrammar(), shareRun());
    const states = lastValueFrom(run.pipe(accumulateObject(recipe), toArray()));
    const response = await firstValueFrom(run.pipe(collectResponse()));

    expect((await states).at(-1)).toEqual({ status: 'done', value: soup, changes: [] });
    expect(JSON.parse(response.text)).toEqual(soup);
    expect(response).toMatchObject({ finishReason: 'stop', toolCalls: [], invalidToolCalls: [] });

    const { messages, tools = [] } = lastReceived();
    // Ollama cannot make a model call a tool.
    expect(tools).toHaveLength(name === 'ollama' ? 0 : 1);
    expect(JSON.stringify(messages).includes('JSON Schema')).toBe(name === 'ollama');
  });

  it.each<[string, Partial<ModelRequest>]>([
    ['has tools', { tools: [{ name: 'store', parameters: recipe }] }],
    ['thinks', { thinkingEffort: 'low' }],
    ['is no object', { outputSchema: z.array(recipe) }],
  ])('asks by an instruction where the request %s', async (_, rest) => {
    const request = ask('A fenced soup!', rest);
    const { value } = await lastValueFrom(
      create(without)
        .stream(request)
        .pipe(verifyGrammar(), accumulateObject(recipe, { fences: true })),
    );

    expect(value).toEqual(soup);
    expect(JSON.stringify(lastReceived().messages)).toContain('JSON Schema');
    expect(lastReceived().tools ?? []).toHaveLength(rest.tools?.length ?? 0);
  });

  it('emits each step as it is complete', async () => {
    const steps = create()
      .stream(ask('A soup!'))
      .pipe(elementsOf(recipe.shape.steps.element, { path: 'steps' }), toArray());

    expect(await lastValueFrom(steps)).toEqual(soup.steps.map((value, index) => ({ index, value })));
  });

  it('streams the arguments of a tool', async () => {
    const request = { ...ask('Now store it'), tools: [{ name: 'store', parameters: recipe }] };
    const run = create().stream(request).pipe(shareRun());
    const [states, steps] = await Promise.all([
      lastValueFrom(run.pipe(accumulateArguments('store', recipe), toArray())),
      lastValueFrom(
        run.pipe(elementsOf(recipe.shape.steps.element, { path: 'steps', toolName: 'store' }), toArray()),
      ),
    ]);

    expect(states.at(-1)).toMatchObject({ status: 'done', value: soup, call: 0 });
    expect(states[0]?.status).toBe('partial');
    expect(steps).toHaveLength(2);
  });

  it('begins the object again when the connection breaks', async () => {
    const states = await lastValueFrom(
      create()
        .stream(ask(`broken for ${name}!`))
        .pipe(retryStream({ delay: 0 }), accumulateObject(recipe), toArray()),
    );
    const voided = states.findIndex(({ value }) => value === undefined);

    expect(states[voided - 1]?.value).toHaveProperty('name');
    expect(states[voided + 1]?.value).toEqual({});
    expect(states.at(-1)).toEqual({ status: 'done', value: soup, changes: [] });
  });
});
