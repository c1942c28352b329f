import { firstValueFrom, lastValueFrom, scan, take, toArray } from 'rxjs';
import { describe, expect, inject, it } from 'vitest';
import { collectResponse } from '../../operators/collectResponse.ts';
import { selectText } from '../../operators/selectText.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import { isRxllmError, type LanguageModel, ProviderError } from '../../src/index.ts';

const said = 'Hello, wörld 🌍';
const options = { apiKey: 'key', dangerouslyAllowBrowser: true, maxRetries: 0 };
const at = (path: string) => `${inject('url')}/${path}`;

const providers: Readonly<Record<string, (situation: string) => LanguageModel>> = {
  openai: (situation) => openai('test-1', { ...options, baseURL: at(`openai/${situation}`) }),
  openaiChat: (situation) => openaiChat('test-1', { ...options, baseURL: at(`openaiChat/${situation}`) }),
  anthropic: (situation) => anthropic('test-1', { ...options, baseURL: at(`anthropic/${situation}`) }),
  ollama: (situation) => ollama('test-1', { host: at(`ollama/${situation}`) }),
};

describe.each(Object.entries(providers))('%s in a browser', (name, create) => {
  it('streams piece by piece', async () => {
    const texts = await lastValueFrom(
      create('answer')
        .stream('Hello')
        .pipe(
          selectText(),
          scan((all, text) => all + text, ''),
          toArray(),
        ),
    );

    expect(texts.length).toBeGreaterThan(2);
    expect(texts.at(-1)).toBe(said);
  });

  it('tells usage and reason', async () => {
    const response = await lastValueFrom(create('answer').stream('Hello').pipe(collectResponse()));

    expect(response).toMatchObject({ text: said, finishReason: 'stop', usage: { totalTokens: 8 } });
  });

  it('closes the connection when it is left', async () => {
    await firstValueFrom(create('stalled').stream('Hello').pipe(selectText(), take(1)));

    expect(await (await fetch(at(`left/${name}-stalled`))).text()).toBe('left');
  });

  it('tells of a broken connection, with what had come', async () => {
    const error: unknown = await lastValueFrom(create('cut').stream('Hello')).catch(
      (failure: unknown) => failure,
    );

    expect(isRxllmError(error) && error.partial.text).toBe(said);
    expect(error).toMatchObject({ retryable: true });
  });

  it('tells of a refusal', async () => {
    const error: unknown = await lastValueFrom(create('busy').stream('Hello')).catch(
      (failure: unknown) => failure,
    );

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ status: 429, retryable: true });
  });
});
