import { filter, firstValueFrom, map, NEVER, of, Subject, tap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import { collectRun } from '../../agents/collectRun.ts';
import { accumulateObject } from '../../operators/accumulateObject.ts';
import { shareRun } from '../../operators/shareRun.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Message } from '../../src/message.ts';
import { tool } from '../../src/tool.ts';
import { type ProviderName, providerNames, type ScriptedModels, startScript } from './scriptedModels.ts';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  // Bern is asked first, Oslo answers first.
  execute: ({ city }) => (city === 'Bern' ? Promise.resolve('snow, -2 °C') : of('sun, 4 °C')),
});
const calls = ['Bern', 'Oslo'].map((city) => ({ name: 'weather', arguments: { city } }));
const recipe = z.object({ title: z.string(), steps: z.array(z.string()) });
const soup = { title: 'Onion soup', steps: ['Cut the onions', 'Cook them for an hour'] };

let script: ScriptedModels;

beforeAll(async () => {
  script = await startScript({
    'Is it warmer in Bern or in Oslo?': [{ calls }, { text: 'In Oslo, by six degrees.' }],
    'Think about Bern and Oslo': [
      { thinking: 'I need both.', calls },
      { thinking: 'Four is more.', text: 'Oslo.' },
    ],
    'Tell me a story': [{ text: 'Once upon a time '.repeat(40), hangs: true }],
    'Another one': [{ text: 'There was a cat.' }],
    'Write down a recipe': [{ text: JSON.stringify(soup) }],
  });
});

afterAll(() => script.close());

describe.each(providerNames)('an agent on %s', (provider) => {
  it('asks a tool about two cities at once and answers with both results', async () => {
    const assistant = agent({ model: script.create(provider), tools: [weather] });
    const run = assistant.stream('Is it warmer in Bern or in Oslo?').pipe(verifyGrammar(), shareRun());
    const results = run.pipe(
      filter((chunk) => chunk.type === 'tool-result'),
      map(({ result }) => result),
      toArray(),
    );
    const [result, inTime] = await Promise.all([
      firstValueFrom(run.pipe(collectRun())),
      firstValueFrom(results),
    ]);

    expect(result).toMatchObject({ text: 'In Oslo, by six degrees.', finishReason: 'stop' });
    expect(result.rounds.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(inTime).toEqual(['sun, 4 °C', 'snow, -2 °C']);
    expect(result.messages.map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
    expect(result.messages[1]?.content).toMatchObject([{ result: 'snow, -2 °C' }, { result: 'sun, 4 °C' }]);
    expect(JSON.stringify(script.bodies.at(-1))).toMatch(/snow, -2 °C.*sun, 4 °C/);
  });

  it('sends the thinking and its signature back in the next round', async () => {
    const assistant = agent({ model: script.create(provider), tools: [weather], thinkingEffort: 'high' });
    const { text, messages } = await assistant.run('Think about Bern and Oslo');

    expect(text).toBe('Oslo.');
    expect(messages[0]?.content).toMatchObject([{ type: 'thinking', text: 'I need both.' }, {}, {}]);
    expect(messages.at(-1)?.content).toMatchObject([
      { type: 'thinking', text: 'Four is more.' },
      { text: 'Oslo.' },
    ]);
    expect(script.bodies.at(-1)).toMatchObject(sentThinking[provider]);
  });

  it('keeps what it said when it is stopped, and goes on from there', async () => {
    const assistant = agent({ model: script.create(provider) });
    const stop = new AbortController();
    const end = script.nextEnd();
    const history: Message[] = [{ role: 'user', content: 'Tell me a story' }];
    const run = assistant.stream(history, { interruptOn: stop.signal });
    const chunks = await firstValueFrom(
      run.pipe(
        verifyGrammar(),
        tap(({ type }) => type === 'text-delta' && stop.abort()),
        toArray(),
      ),
    );

    expect(await end).toBe('cut');
    expect(chunks).toContainEqual(expect.objectContaining({ type: 'finish', reason: 'aborted' }));
    expect(chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'aborted', rounds: 1 });
    const messages = messagesOf(chunks);
    const [{ content } = { content: '' }, ...others] = messages;
    expect(others).toEqual([]);
    expect(content.at(-1)).toEqual({ type: 'text', text: 'Once u' });

    const next = await assistant.run([...history, ...messages, { role: 'user', content: 'Another one' }]);
    expect(next.text).toBe('There was a cat.');
    expect(JSON.stringify(script.bodies.at(-1))).toMatch(/Tell me a story.*Once u".*Another one/);
  });

  it('answers the calls of tools that are stopped, and goes on from there', async () => {
    const stop = new Subject<void>();
    const slow = { ...weather, execute: () => NEVER };
    const assistant = agent({ model: script.create(provider), tools: [slow] });
    const history: Message[] = [{ role: 'user', content: 'Is it warmer in Bern or in Oslo?' }];
    const chunks = await firstValueFrom(
      assistant.stream(history, { interruptOn: stop }).pipe(
        verifyGrammar(),
        tap(({ type }) => type === 'finish' && stop.next()),
        toArray(),
      ),
    );

    const messages = messagesOf(chunks);
    expect(messages.map(({ role }) => role)).toEqual(['assistant', 'tool']);
    expect(messages[1]?.content).toMatchObject([{ isError: true }, { isError: true }]);
    expect(chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'aborted', rounds: 1 });

    const next = await assistant.run([...history, ...messages, { role: 'user', content: 'Another one' }]);
    expect(next.text).toBe('There was a cat.');
  });

  it('gives an answer of a schema, which shows while it grows', async () => {
    const writer = agent({ model: script.create(provider), outputSchema: recipe });
    const run = writer.stream('Write down a recipe').pipe(verifyGrammar(), shareRun());
    const [result, seen] = await Promise.all([
      firstValueFrom(run.pipe(collectRun<z.infer<typeof recipe>>())),
      firstValueFrom(run.pipe(accumulateObject(recipe), toArray())),
    ]);

    expect(result.finalOutput).toEqual(soup);
    expect(seen.at(-1)).toMatchObject({ status: 'done', value: soup });
    expect(seen.map(({ value }) => value?.title)).toContain('Onion so');
    expect(seen.length).toBeGreaterThan(5);
  });
});

/** How each protocol is told again what the model thought in the first round. */
const sentThinking: Record<ProviderName, object> = {
  openai: {
    input: [
      { role: 'user' },
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'I need both.' }],
        encrypted_content: expect.stringMatching(/.+/) as string,
      },
      { type: 'function_call' },
      { type: 'function_call' },
      { type: 'function_call_output' },
      { type: 'function_call_output' },
    ],
  },
  openaiChat: {
    messages: [{ role: 'user' }, { role: 'assistant', reasoning_content: 'I need both.' }, {}, {}],
  },
  anthropic: {
    messages: [
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'I need both.', signature: 'signed' },
          { type: 'tool_use' },
          { type: 'tool_use' },
        ],
      },
      { role: 'user' },
    ],
  },
  ollama: { messages: [{ role: 'user' }, { role: 'assistant', thinking: 'I need both.' }, {}, {}] },
};

function messagesOf(chunks: readonly StreamChunk[]): readonly Message[] {
  return chunks.flatMap((chunk) => (chunk.type === 'message' ? [chunk.message] : []));
}
