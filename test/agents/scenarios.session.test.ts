import { firstValueFrom, lastValueFrom, Subject, take, tap, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agent } from '../../agents/agent.ts';
import { memoryStore } from '../../agents/memoryStore.ts';
import { session } from '../../agents/session.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { providerNames, type ScriptedModels, startScript } from './scriptedModels.ts';

let script: ScriptedModels;

beforeAll(async () => {
  script = await startScript({
    'My name is Ada': [{ thinking: 'A name.', text: 'Hello, Ada!' }],
    'What is my name?': [{ text: 'Ada.' }],
    'Tell me a story': [{ text: 'Once upon a time '.repeat(40), hangs: true }],
  });
});

afterAll(() => script.close());

describe.each(providerNames)('a session on %s', (provider) => {
  it('remembers what was said, also when another one continues it', async () => {
    const store = memoryStore();
    const begin = () => session({ agent: agent({ model: script.create(provider) }), store, id: 'ada' });
    const first = begin();
    await lastValueFrom(first.send('My name is Ada').pipe(verifyGrammar()));
    expect(first.result?.text).toBe('Hello, Ada!');

    const second = begin();
    await lastValueFrom(second.send('What is my name?').pipe(verifyGrammar()));

    expect(second.result?.text).toBe('Ada.');
    const { messages } = await firstValueFrom(second.history);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(messages[1]?.content).toMatchObject([
      { type: 'thinking', text: 'A name.' },
      { text: 'Hello, Ada!' },
    ]);
    expect(JSON.stringify(script.bodies.at(-1))).toMatch(/My name is Ada.*Hello, Ada!.*What is my name\?/);
  });

  it('keeps what it said when it is stopped, marked as partial, and goes on from there', async () => {
    const chat = session({ model: script.create(provider) });
    const stop = new Subject<void>();
    const end = script.nextEnd();
    const run = chat.send('Tell me a story', { interruptOn: stop });
    await lastValueFrom(
      run.pipe(
        tap(({ type }) => type === 'text-delta' && stop.next()),
        toArray(),
      ),
    );

    expect(await end).toBe('cut');
    const { messages } = await firstValueFrom(chat.history.pipe(take(1)));
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', partial: true });
    expect(messages.at(-1)?.content.at(-1)).toEqual({ type: 'text', text: 'Once u' });

    await lastValueFrom(chat.send('What is my name?'));
    expect(chat.result?.text).toBe('Ada.');
    expect(JSON.stringify(script.bodies.at(-1))).toMatch(/Tell me a story.*Once u".*What is my name\?/);
  });
});
