import { Anthropic } from '@anthropic-ai/sdk';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { anthropic } from '../../providers/anthropic.ts';
import type { Message } from '../../src/message.ts';
import { block, ending, head, ofType, stop } from './anthropicEvents.ts';

describe('anthropic', () => {
  const whole = {
    type: 'message',
    id: 'msg_1',
    model: 'claude-haiku-4-5',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  };

  function recorder(): { fetch: typeof globalThis.fetch; headers: (name: string) => string | null } {
    let sent = new Headers();
    return {
      fetch: (_url, init) => {
        sent = new Headers(init?.headers);
        return Promise.resolve(Response.json(whole, { headers: { 'request-id': 'req_1' } }));
      },
      headers: (name) => sent.get(name),
    };
  }

  it('answers a request for a long answer at once, which the SDK alone refuses', async () => {
    const { fetch } = recorder();
    const model = anthropic('claude-sonnet-5-5', { apiKey: 'key', fetch });
    const messages: Message[] = [{ role: 'user', content: 'Hi' }];
    const chunks = await lastValueFrom(model.stream({ messages, stream: false }).pipe(toArray()));

    expect(chunks[0]).toMatchObject({ provider: 'anthropic', requestId: 'req_1', responseId: 'msg_1' });
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  it('reads padded JSON, and [DONE] behind the end of the message', async () => {
    const events = [head, ...block(0, { type: 'text', text: 'Hi' }), ending('end_turn'), stop];
    const lines = events.map((event) => `data: ${JSON.stringify(event).replace(/}$/, '         }')}\n\n`);
    const answer = new Response(`${lines.join('')}event: data\ndata: [DONE]\n\n`);
    const model = anthropic('claude-haiku-5-5', { apiKey: 'key', fetch: () => Promise.resolve(answer) });
    const chunks = await lastValueFrom(model.stream('Hi').pipe(verifyGrammar(), toArray()));

    expect(ofType(chunks, 'text-delta')).toHaveLength(1);
    expect(ofType(chunks, 'finish')).toMatchObject([{ reason: 'stop' }]);
  });

  it('asks for the version of the API that knows the temperature only where one is sent', async () => {
    const { fetch, headers } = recorder();
    const client = new Anthropic({ apiKey: 'key', fetch });
    const messages: Message[] = [{ role: 'user', content: 'Hi' }];

    await lastValueFrom(anthropic('claude-haiku-4-5', { client }).stream({ messages, temperature: 0 }));
    expect(headers('anthropic-version')).toBe('2023-06-01');
    await lastValueFrom(anthropic('claude-haiku-5-5', { client }).stream({ messages, temperature: 0 }));
    expect(headers('anthropic-version')).not.toBe('2023-06-01');
  });

  it.each([
    ['claude-sonnet-5-5', { thinking: true, structuredOutput: true, images: true }],
    ['claude-sonnet-4-20250514', { thinking: true, structuredOutput: false, images: true }],
    ['claude-3-haiku-20240307', { thinking: false, structuredOutput: false, images: true }],
    ['claude-2.1', { thinking: false, structuredOutput: false, images: false }],
  ])('guesses what %s can do', (model, capabilities) => {
    expect(anthropic(model, { apiKey: 'key' }).capabilities).toStrictEqual({
      streaming: true,
      tools: true,
      parallelTools: true,
      ...capabilities,
    });
  });
});
