import type OpenAI from 'openai';
import { describe, expect, it as plainIt } from 'vitest';
import { lastValueFrom, from } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import {
  InvalidRequestError,
  ProviderError,
  StreamInterruptedError,
  StreamTimeoutError,
} from '../../src/errors.ts';
import { type ChatCompletion, toChatCompletion } from '../../web/toChatCompletion.ts';
import { toOpenaiError } from '../../web/toOpenaiError.ts';
import { chunks, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { finish, say, start, think, toolCall } from './said.ts';

function collect(source: readonly StreamChunk[], tools: readonly string[] = []): Promise<ChatCompletion> {
  return lastValueFrom(from(source).pipe(toChatCompletion({ tools })));
}

describe('toChatCompletion', () => {
  behavesAsOperator('toChatCompletion', () => toChatCompletion({ id: 'chatcmpl-1' }));

  it('emits once, when the stream completes', (m) => {
    const { s, a, b, f } = chunks;
    const source = m.cold('s-a-b-f|', { s, a, b, f });
    const expected = '     -------(m|)';
    const completion = {
      id: 'chatcmpl-1',
      created: 0,
      model: 'test-1',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'ab', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    } satisfies ChatCompletion & OpenAI.ChatCompletion;

    m.expect(source.pipe(toChatCompletion({ id: 'chatcmpl-1', scheduler: m.scheduler }))).toBeObservable(
      expected,
      {
        m: completion,
      },
    );
  });

  plainIt('has the calls that the client is to run, the thinking and the refusal', async () => {
    const refusal: StreamChunk = { type: 'refusal-delta', text: 'no', block: 3 };
    const source = [
      start,
      think('hm'),
      ...toolCall('weather', 1),
      ...toolCall('web_search', 2),
      refusal,
      finish('tool-calls'),
    ];

    expect((await collect(source, ['weather'])).choices).toStrictEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: 'no',
          reasoning_content: 'hm',
          tool_calls: [
            {
              id: 'call_weather',
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"Bern"}' },
            },
          ],
        },
        finish_reason: 'tool_calls',
        logprobs: null,
      },
    ]);
  });

  plainIt('leaves out what a restart voids, and keeps the rounds before', async () => {
    const { choices } = await collect(
      [
        ...[start, say('One'), finish('tool-calls'), restartWith({})],
        ...[start, say('Tw'), ...toolCall('weather', 1), restartWith({})],
        ...[start, say('Two'), finish()],
      ],
      ['weather'],
    );

    expect(choices[0]).toMatchObject({ message: { content: 'One\n\nTwo' }, finish_reason: 'stop' });
    expect(choices[0].message).not.toHaveProperty('tool_calls');
  });

  plainIt('fails with what an error chunk tells', async () => {
    const error = new ProviderError('busy', { status: 529, retryable: true });

    await expect(collect([start, { type: 'error', error: error.toJSON() }])).rejects.toThrow(error);
  });
});

describe('toOpenaiError', () => {
  plainIt.each([
    [new ProviderError('a', { status: 429, code: 'slow', retryable: true }), 429, 'rate_limit_error', 'slow'],
    [new ProviderError('a', { status: 401, retryable: false }), 401, 'authentication_error', null],
    [new ProviderError('a', { status: 404, retryable: false }), 404, 'not_found_error', null],
    [new ProviderError('a', { status: 529, retryable: true }), 529, 'server_error', null],
    [new ProviderError('a', { code: 'ECONNREFUSED', retryable: true }), 502, 'server_error', 'ECONNREFUSED'],
    [new ProviderError('a', { status: 200, retryable: true }), 502, 'server_error', null],
    [new StreamInterruptedError('a'), 502, 'server_error', null],
    [new StreamTimeoutError('a', { limit: 'first', milliseconds: 1 }), 504, 'server_error', null],
    [new InvalidRequestError('a'), 400, 'invalid_request_error', null],
  ])('answers %s with %i', (error, status, type, code) => {
    expect(toOpenaiError(error)).toStrictEqual({
      status,
      headers: { 'x-should-retry': String(error.retryable) },
      body: { error: { message: 'a', type, param: null, code } },
    });
  });

  plainIt('tells how long to wait', () => {
    const error = new ProviderError('a', { status: 429, retryable: true, retryAfter: 1500.5 });

    expect(toOpenaiError(error).headers).toStrictEqual({
      'x-should-retry': 'true',
      'retry-after-ms': '1501',
    });
  });

  plainIt('tells nothing of an error that is not of this library', () => {
    expect(toOpenaiError(new Error('password=1'))).toStrictEqual({
      status: 500,
      headers: { 'x-should-retry': 'false' },
      body: { error: { message: 'The server failed', type: 'server_error', param: null, code: 'internal' } },
    });
  });
});
