import { describe, expect, it } from 'vitest';
import { mapEvents } from '../../providers/anthropic/events.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { block, ending, head, json, map, ofType, ping, stop, weather } from './anthropicEvents.ts';

describe('mapEvents of anthropic', () => {
  it('maps a message, pings anywhere passed over', async () => {
    const text = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
    const start = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    const chunks = await map(
      head,
      ping,
      start,
      ping,
      ping,
      text,
      ping,
      { type: 'content_block_stop', index: 0 },
      ping,
      ending('end_turn'),
      stop,
    );

    const first = {
      inputTokens: 16,
      outputTokens: 1,
      totalTokens: 17,
      cachedInputTokens: 4,
      cacheWriteTokens: 2,
      raw: head.message.usage,
    };
    const usage = {
      ...first,
      outputTokens: 7,
      totalTokens: 23,
      raw: { ...head.message.usage, output_tokens: 7 },
    };
    expect(chunks).toStrictEqual([
      { type: 'start', provider: 'anthropic', model: 'claude-test', responseId: 'msg_1' },
      { type: 'usage', usage: first },
      { type: 'text-delta', text: 'Hi', block: 0 },
      { type: 'usage', usage },
      { type: 'finish', reason: 'stop', rawReason: 'end_turn', usage, metadata: {} },
    ]);
  });

  it('names the model that was asked where the answer names none', async () => {
    const chunks = await map({ type: 'message_start', message: { model: '', id: '' } }, ending('end_turn'));

    expect(chunks[0]).toStrictEqual({ type: 'start', provider: 'anthropic', model: 'asked-1' });
    expect((await map({ type: 'message_start' }, ending('end_turn')))[0]?.type).toBe('start');
  });

  it('carries the id of the request', () => {
    const chunks: StreamChunk[] = [];
    const facts = { provider: 'anthropic', model: 'asked-1', requestId: 'req_1' };
    mapEvents((chunk) => chunks.push(chunk), facts).start(undefined);

    expect(chunks).toStrictEqual([
      { type: 'start', provider: 'anthropic', model: 'asked-1', requestId: 'req_1' },
    ]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'tool-calls'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['compaction', 'other'],
  ])('finishes a message without any block that ends with %s as %s', async (word, reason) => {
    const chunks = await map(head, ending(word), stop);

    expect(chunks.at(-1)).toMatchObject({ type: 'finish', reason, rawReason: word });
  });

  it('is other where the message stops without a reason', async () => {
    const finish = (await map(head, ...block(0, { type: 'text', text: 'Hi' }), stop)).at(-1);

    expect(finish).toMatchObject({ type: 'finish', reason: 'other' });
    expect(finish).not.toHaveProperty('rawReason');
  });

  it('finishes without message_stop where the reason has come, and not without the reason', async () => {
    expect((await map(head, ending('end_turn'))).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect((await map(head, ...block(0, { type: 'text', text: 'Hi' }))).at(-1)?.type).toBe('text-delta');
  });

  it('is tool-calls where a gateway says end_turn after a tool call', async () => {
    const chunks = await map(head, ...block(0, weather, json('{}')), ending('end_turn'), stop);

    expect(chunks.at(-1)).toMatchObject({ reason: 'tool-calls', rawReason: 'end_turn' });
  });

  it('makes nothing of an empty text block', async () => {
    const empty = { type: 'text_delta', text: '' };
    const chunks = await map(head, ...block(0, { type: 'text', text: '' }, empty), ending('end_turn'), stop);

    expect(ofType(chunks, 'text-delta')).toStrictEqual([]);
    expect(chunks.at(-1)).toMatchObject({ reason: 'stop' });
  });

  it('keeps what metadata the message tells', async () => {
    const told = {
      stop_sequence: '```',
      stop_details: { type: 'refusal' },
      container: { id: 'container_1' },
    };
    const chunks = await map(
      { ...head, message: { ...head.message, diagnostics: { cache_miss_reason: null } } },
      {
        ...ending('stop_sequence', told),
        usage: { output_tokens: 1, service_tier: 'standard' },
        context_management: { applied_edits: [] },
      },
      stop,
    );

    expect(chunks.at(-1)).toMatchObject({
      metadata: {
        stopSequence: '```',
        stopDetails: { type: 'refusal' },
        container: { id: 'container_1' },
        contextManagement: { applied_edits: [] },
        diagnostics: { cache_miss_reason: null },
        serviceTier: 'standard',
      },
    });
  });
});

describe('mapEvents of anthropic: usage', () => {
  it('replaces counts and keeps those that are null or missing later', async () => {
    const later = {
      input_tokens: 28,
      cache_read_input_tokens: null,
      output_tokens: 106,
      output_tokens_details: { thinking_tokens: 67 },
    };
    const chunks = await map(head, { ...ending('end_turn'), usage: later }, stop);

    expect(ofType(chunks, 'usage').at(-1)?.usage).toStrictEqual({
      inputTokens: 34,
      outputTokens: 106,
      totalTokens: 140,
      thinkingTokens: 67,
      cachedInputTokens: 4,
      cacheWriteTokens: 2,
      raw: {
        ...head.message.usage,
        input_tokens: 28,
        output_tokens: 106,
        output_tokens_details: { thinking_tokens: 67 },
      },
    });
  });

  it('is absent where the server tells none, or only nulls', async () => {
    const chunks = await map(
      { type: 'message_start', message: { usage: { input_tokens: null } } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      stop,
    );

    expect(ofType(chunks, 'usage')).toStrictEqual([]);
    expect(chunks.at(-1)).not.toHaveProperty('usage');
  });

  it('counts missing numbers as none', async () => {
    const chunks = await map({ type: 'message_start', message: { usage: { service_tier: 'batch' } } }, stop);

    expect(ofType(chunks, 'usage')[0]?.usage).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
    });
  });
});

describe('mapEvents of anthropic: a whole message', () => {
  const whole = {
    ...head.message,
    content: [{ type: 'text', text: 'Hello' }, weather],
    stop_reason: 'tool_use',
    stop_sequence: null,
  };

  it('becomes the same chunks', async () => {
    const chunks = await map(whole);

    expect(chunks.map(({ type }) => type)).toStrictEqual([
      'start',
      'text-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call',
      'usage',
      'finish',
    ]);
    expect(chunks[0]).toMatchObject({ responseId: 'msg_1', model: 'claude-test' });
  });

  it('has a call that must not run where it ends in one and ran out of tokens', async () => {
    const chunks = await map({ ...whole, stop_reason: 'max_tokens' });

    expect(ofType(chunks, 'tool-call', 'tool-call-invalid')).toMatchObject([
      { type: 'tool-call-invalid', reason: 'incomplete', argumentsText: '{}' },
    ]);
    expect(
      ofType(
        await map({ ...whole, content: [{ type: 'tool_use' }], stop_reason: 'max_tokens' }),
        'tool-call-invalid',
      ),
    ).toMatchObject([{ toolCallId: 'call_0', toolName: '' }]);
    expect(ofType(await map({ ...whole, content: [{}, weather, {}] }), 'tool-call')).toHaveLength(1);
  });

  it('may be without content', async () => {
    expect(await map({ type: 'message', content: null, stop_reason: 'refusal' })).toHaveLength(2);
  });
});

describe('mapEvents of anthropic: errors', () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

  it.each([
    ['an event of type error', overloaded, undefined],
    ['an event called error', { error: overloaded.error }, 'error'],
    ['an event called error without the field', { message: 'Overloaded' }, 'error'],
    ['any event with an error', { error: overloaded.error }, undefined],
  ])('throws at %s', (_, event, name) => {
    const mapper = mapEvents(() => undefined, { provider: 'anthropic', model: 'asked-1' });

    expect(() => mapper.event(event, name)).toThrow(WireError);
    expect(() => mapper.event(event, name)).toThrow('Overloaded');
  });
});
