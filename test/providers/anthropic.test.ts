import { Anthropic } from '@anthropic-ai/sdk';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/anthropic/events.ts';
import { toBody } from '../../providers/anthropic/request.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { AssistantPart, Message } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import { ResponseBuilder } from '../../src/response.ts';

/** The chunks of a stream of events, as the driver asks for them; their grammar is checked. */
async function map(
  ...events: (object | readonly [event: object, name: string])[]
): Promise<readonly StreamChunk[]> {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), { provider: 'anthropic', model: 'asked-1' });
  const atSentinel = events.some((entry) => {
    const [event, name] = Array.isArray(entry) ? (entry as [object, string]) : [entry, undefined];
    return mapper.event(event, name);
  });
  const finish = mapper.finish(atSentinel);
  if (!finish) return chunks;
  return lastValueFrom(from([...chunks, finish]).pipe(verifyGrammar(), toArray()));
}

function ofType<T extends StreamChunk['type']>(
  chunks: readonly StreamChunk[],
  ...types: T[]
): Extract<StreamChunk, { type: T }>[] {
  return chunks.filter((chunk): chunk is Extract<StreamChunk, { type: T }> =>
    (types as string[]).includes(chunk.type),
  );
}

function partsOf(chunks: readonly StreamChunk[]): readonly AssistantPart[] {
  const response = new ResponseBuilder();
  for (const chunk of chunks) response.add(chunk);
  return response.message.content as readonly AssistantPart[];
}

const head = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    model: 'claude-test',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 4, cache_creation_input_tokens: 2, output_tokens: 1 },
  },
};
const stop = { type: 'message_stop' };
const ping = { type: 'ping' };

function block(index: number, content: object, ...deltas: object[]): object[] {
  return [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function json(text: string): object {
  return { type: 'input_json_delta', partial_json: text };
}

function ending(stopReason: string | null, more: object = {}): object {
  return {
    type: 'message_delta',
    delta: { stop_reason: stopReason, ...more },
    usage: { output_tokens: 7 },
  };
}

const weather = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} };
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'https://bern.ch', title: 'Bern', encrypted_content: 'x' }],
};

describe('mapEvents', () => {
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

  describe('usage', () => {
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
      const chunks = await map(
        { type: 'message_start', message: { usage: { service_tier: 'batch' } } },
        stop,
      );

      expect(ofType(chunks, 'usage')[0]?.usage).toMatchObject({
        inputTokens: 0,
        outputTokens: 0,
        totalTokens: 0,
      });
    });
  });

  describe('thinking', () => {
    it('maps thinking and its signature, empty pieces passed over', async () => {
      const chunks = await map(
        head,
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: 'Hm' },
          { type: 'thinking_delta', thinking: '' },
          { type: 'signature_delta', signature: 'sig' },
        ),
        ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }),
        ending('end_turn'),
        stop,
      );

      expect(partsOf(chunks)).toStrictEqual([
        {
          type: 'thinking',
          text: 'Hm',
          kind: 'thinking',
          signature: { format: 'anthropic', data: { type: 'thinking', signature: 'sig' } },
        },
        { type: 'text', text: 'Hi' },
      ]);
    });

    it('keeps a signature without text, and redacted thinking, each in its own block', async () => {
      const chunks = await map(
        head,
        ...block(
          0,
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: '', estimated_tokens: 50 },
          { type: 'signature_delta', signature: 'sig' },
        ),
        ...block(1, { type: 'redacted_thinking', data: 'secret' }),
        ...block(2, { type: 'redacted_thinking' }),
        ending('end_turn'),
        stop,
      );

      expect(ofType(chunks, 'thinking-signature')).toStrictEqual([
        {
          type: 'thinking-signature',
          block: 0,
          format: 'anthropic',
          data: { type: 'thinking', signature: 'sig' },
        },
        {
          type: 'thinking-signature',
          block: 1,
          format: 'anthropic',
          data: { type: 'redacted_thinking', data: 'secret' },
        },
        {
          type: 'thinking-signature',
          block: 2,
          format: 'anthropic',
          data: { type: 'redacted_thinking', data: '' },
        },
      ]);
    });
  });

  describe('text', () => {
    it('keeps blocks apart, and cites before the text', async () => {
      const page = {
        type: 'page_location',
        document_title: 'Guide',
        start_page_number: 1,
        end_page_number: 2,
      };
      const place = {
        type: 'char_location',
        document_title: null,
        start_char_index: 3,
        end_char_index: 9,
        cited_text: 'Bern',
      };
      const site = { type: 'web_search_result_location', url: 'https://bern.ch', title: 'Bern' };
      const result = { type: 'search_result_location', source: 'https://zug.ch', title: null };
      const chunks = await map(
        head,
        ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'It is ' }),
        ...block(
          1,
          { type: 'text', text: '', citations: [] },
          { type: 'citations_delta', citation: page },
          { type: 'citations_delta', citation: place },
          { type: 'citations_delta', citation: site },
          { type: 'citations_delta', citation: result },
          { type: 'citations_delta' },
          { type: 'text_delta', text: 'big' },
        ),
        ...block(2, { type: 'text', text: '.', citations: [site] }),
        ending('end_turn'),
        stop,
      );

      expect(chunks.slice(2, -2)).toStrictEqual([
        { type: 'text-delta', text: 'It is ', block: 0 },
        { type: 'source', block: 1, title: 'Guide', raw: page },
        { type: 'source', block: 1, span: { start: 3, end: 9 }, raw: place },
        { type: 'source', block: 1, url: 'https://bern.ch', title: 'Bern', raw: site },
        { type: 'source', block: 1, url: 'https://zug.ch', raw: result },
        { type: 'text-delta', text: 'big', block: 1 },
        { type: 'source', block: 2, url: 'https://bern.ch', title: 'Bern', raw: site },
        { type: 'text-delta', text: '.', block: 2 },
      ]);
    });

    it('ignores unknown events, blocks and deltas, and numbers the blocks without them', async () => {
      const chunks = await map(
        head,
        { type: 'something_new' },
        {},
        [{ odd: true }, 'message'],
        ...block(0, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'All' }),
        ...block(
          1,
          { type: 'text', text: '' },
          { type: 'text_delta', text: 'Hi' },
          { type: 'new_delta' },
          { type: 'thinking_delta', thinking: 'of another kind' },
        ),
        ...block(2, { type: 'fallback', from: {}, to: {} }, { type: 'text_delta', text: 'of no block' }),
        ...block(3, { type: 'thinking', thinking: 'Hm' }, { type: 'citations_delta', citation: {} }),
        ...block(4, { type: 'text', text: 'Ho' }, { type: 'signature_delta', signature: 'lost' }),
        { type: 'content_block_start', index: 5 },
        { type: 'content_block_delta', index: 5 },
        ending('end_turn'),
        stop,
      );

      expect(chunks.slice(2, -2)).toStrictEqual([
        { type: 'text-delta', text: 'Hi', block: 0 },
        { type: 'thinking-delta', text: 'Hm', block: 1, kind: 'thinking' },
        { type: 'text-delta', text: 'Ho', block: 2 },
      ]);
    });

    it('reads deltas whose block start was lost, and events without an index', async () => {
      const chunks = await map(
        { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } },
        { type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'Hm' } },
        { type: 'content_block_delta', index: 2, delta: json('{}') },
        { type: 'content_block_stop' },
        ending('end_turn'),
        stop,
      );

      expect(partsOf(chunks)).toStrictEqual([
        { type: 'text', text: 'Hi' },
        { type: 'thinking', text: 'Hm', kind: 'thinking' },
      ]);
      expect(await map({ type: 'content_block_start' }, stop)).toHaveLength(2);
    });

    it('takes the type from the name of the event where the data has none', async () => {
      const { type: _, ...bare } = ending('end_turn') as { type: string };
      const chunks = await map(head, [bare, 'message_delta'], [{}, 'message_stop']);

      expect(chunks.at(-1)).toMatchObject({ reason: 'stop' });
    });

    it('reads a message that starts twice once', async () => {
      const again = { ...head, message: { ...head.message, usage: { input_tokens: 99 } } };
      const chunks = await map(
        head,
        again,
        ...block(0, { type: 'text', text: 'ok' }),
        ending('end_turn'),
        stop,
      );

      expect(ofType(chunks, 'start')).toHaveLength(1);
      expect(ofType(chunks, 'text-delta')).toHaveLength(1);
      expect(chunks.at(-1)).toMatchObject({ usage: { inputTokens: 105 } });
    });
  });

  describe('tool calls', () => {
    it('announces a call, passes on its arguments and closes it with its block', async () => {
      const chunks = await map(
        head,
        ...block(0, { type: 'text', text: 'Let me see' }),
        ...block(1, weather, json(''), json('{"city":'), json('"Bern"}')),
        ending('tool_use'),
        stop,
      );

      expect(chunks.slice(3, -2)).toStrictEqual([
        { type: 'tool-call-start', toolCallId: 'toolu_1', toolName: 'weather', block: 1 },
        { type: 'tool-call-delta', toolCallId: 'toolu_1', argumentsDelta: '{"city":', block: 1 },
        { type: 'tool-call-delta', toolCallId: 'toolu_1', argumentsDelta: '"Bern"}', block: 1 },
        {
          type: 'tool-call',
          toolCallId: 'toolu_1',
          toolName: 'weather',
          arguments: { city: 'Bern' },
          block: 1,
        },
      ]);
      expect(chunks.at(-1)).toMatchObject({ reason: 'tool-calls' });
    });

    it('calls a tool without parameters with {}', async () => {
      const chunks = await map(
        head,
        ...block(0, weather, json('')),
        ...block(1, { ...weather, id: 'toolu_2', input: undefined }, { type: 'input_json_delta' }),
        ...block(2, { ...weather, id: 'toolu_3' }),
        ending('tool_use'),
        stop,
      );

      expect(ofType(chunks, 'tool-call').map((call) => call.arguments)).toStrictEqual([{}, {}, {}]);
      expect(ofType(chunks, 'tool-call-delta')).toStrictEqual([]);
    });

    it('reads arguments that come whole at the start of the block, an object or its text', async () => {
      const chunks = await map(
        head,
        ...block(0, { ...weather, input: { city: 'Bern' } }),
        ...block(1, { ...weather, id: 'toolu_2', input: '{"city":"Zug"}' }),
        ending('tool_use'),
        stop,
      );

      expect(ofType(chunks, 'tool-call').map((call) => call.arguments)).toStrictEqual([
        { city: 'Bern' },
        { city: 'Zug' },
      ]);
      expect(ofType(chunks, 'tool-call-delta')).toHaveLength(2);
    });

    it.each([
      ['never closed', '{"city":"Be', false, 'max_tokens'],
      ['never closed, before its first argument', '', false, 'max_tokens'],
      ['closed', '{"city":"Be', true, 'max_tokens'],
      ['closed, before its first argument', '', true, 'max_tokens'],
      ['closed by a full context', '{"city":"Be', true, 'model_context_window_exceeded'],
      ['closed by a refusal', '', true, 'refusal'],
      ['never closed, for another reason', '{"city":"Be', false, 'pause_turn'],
    ])('must not run when it was cut off: %s', async (_, text, isClosed, reason) => {
      const events = block(0, weather, json(text));
      const chunks = await map(head, ...(isClosed ? events : events.slice(0, -1)), ending(reason), stop);

      expect(ofType(chunks, 'tool-call', 'tool-call-invalid')).toStrictEqual([
        {
          type: 'tool-call-invalid',
          toolCallId: 'toolu_1',
          toolName: 'weather',
          argumentsText: text,
          reason: 'incomplete',
          block: 0,
        },
      ]);
    });

    it('runs when it was never closed but is complete', async () => {
      const events = [...block(0, weather, json('{"city":"Bern"}'))].slice(0, -1);
      const chunks = await map(head, ...events, ending('tool_use'), stop);

      expect(ofType(chunks, 'tool-call')).toMatchObject([{ arguments: { city: 'Bern' } }]);
    });

    it('is invalid where the arguments are no JSON and the model went on', async () => {
      const chunks = await map(
        head,
        ...block(0, weather, json('{city}')),
        ...block(1, { ...weather, id: 'toolu_2' }, json('[1]')),
        ending('tool_use'),
        stop,
      );

      expect(ofType(chunks, 'tool-call-invalid').map(({ reason }) => reason)).toStrictEqual([
        'invalid-json',
        'not-an-object',
      ]);
    });

    it('is incomplete where another block takes its place', async () => {
      const [start, delta] = block(0, weather, json('{"ci')) as [object, object];
      const again = { ...weather, id: 'toolu_2' };
      const chunks = await map(head, start, delta, ...block(0, again, json('{}')), ending('tool_use'), stop);

      expect(ofType(chunks, 'tool-call-invalid')).toMatchObject([{ toolCallId: 'toolu_1', block: 0 }]);
      expect(ofType(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'toolu_2', block: 1 }]);
    });

    it('gets an id where it has none, and takes no arguments behind its end', async () => {
      const late = { type: 'content_block_delta', index: 0, delta: json('{"a":1}') };
      const chunks = await map(
        head,
        ...block(0, { type: 'tool_use', name: 'weather' }, json('')),
        late,
        ...block(1, { type: 'tool_use', id: 'toolu_2' }, json('{}')),
        ending('tool_use'),
        stop,
      );

      expect(ofType(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'call_0', arguments: {} }]);
      expect(ofType(chunks, 'tool-call-invalid')).toMatchObject([{ toolCallId: 'toolu_2', toolName: '' }]);
    });

    it('keeps who asked for it, where that was a program of the model', async () => {
      const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' };
      const chunks = await map(
        head,
        ...block(0, { ...weather, caller }, json('{}')),
        ...block(1, { ...weather, id: 'toolu_2', caller: { type: 'direct' } }, json('{}')),
        ending('tool_use'),
        stop,
      );

      expect(ofType(chunks, 'thinking-signature')).toStrictEqual([
        { type: 'thinking-signature', block: 0, format: 'anthropic', data: { caller } },
      ]);
    });

    it('reads a message that is complete at its start', async () => {
      const result = { type: 'code_execution_tool_result', tool_use_id: 'srvtoolu_1', content: {} };
      const message = {
        ...head.message,
        content: [
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'code_execution', input: {} },
          result,
          { type: 'thinking', thinking: 'Hm', signature: 'sig' },
          { type: 'text', text: 'So' },
          { ...weather, input: { city: 'Bern' } },
        ],
        stop_reason: 'tool_use',
      };
      const start = { type: 'message_start', message };
      const chunks = await map(start, start, stop);

      expect(partsOf(chunks)).toMatchObject([
        { type: 'tool-call', toolName: 'code_execution', providerExecuted: true },
        { type: 'tool-result', toolName: 'code_execution', providerExecuted: true },
        { type: 'thinking', text: 'Hm' },
        { type: 'text', text: 'So' },
        { type: 'tool-call', toolCallId: 'toolu_1', arguments: { city: 'Bern' } },
      ]);
      expect(chunks.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls', rawReason: 'tool_use' });
    });
  });

  describe('tools that Anthropic runs', () => {
    it('maps call and result, each in its own block', async () => {
      const chunks = await map(
        head,
        ...block(0, search, json('{"query":'), json('"Bern"}')),
        ...block(1, found),
        ...block(2, { type: 'text', text: 'Found.' }),
        ending('end_turn'),
        stop,
      );

      expect(chunks.slice(2, -2)).toStrictEqual([
        { type: 'tool-call-start', toolCallId: 'srvtoolu_1', toolName: 'web_search', block: 0 },
        {
          type: 'thinking-signature',
          block: 0,
          format: 'anthropic',
          data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search' },
        },
        { type: 'tool-call-delta', toolCallId: 'srvtoolu_1', argumentsDelta: '{"query":"Bern"}', block: 0 },
        {
          type: 'tool-call',
          toolCallId: 'srvtoolu_1',
          toolName: 'web_search',
          arguments: { query: 'Bern' },
          block: 0,
          providerExecuted: true,
        },
        {
          type: 'tool-result',
          toolCallId: 'srvtoolu_1',
          toolName: 'web_search',
          result: found,
          isError: false,
          durationMs: 0,
          providerExecuted: true,
          block: 1,
        },
        { type: 'text-delta', text: 'Found.', block: 2 },
      ]);
      expect(chunks.at(-1)).toMatchObject({ reason: 'stop' });
    });

    it('tells of a call without arguments, and of its error', async () => {
      const failed = { type: 'web_search_tool_result_error', error_code: 'unavailable' };
      const chunks = await map(
        head,
        ...block(0, { ...search, id: null }),
        ...block(1, { ...found, content: failed }),
        ...block(2, { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: true, content: [] }),
        ...block(3, { type: 'tool_search_tool_result' }),
        ending('pause_turn'),
        stop,
      );

      expect(ofType(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'call_0', arguments: {} }]);
      expect(ofType(chunks, 'tool-result')).toMatchObject([
        { toolName: 'web_search', isError: true },
        { toolName: 'mcp', toolCallId: 'mcptoolu_1', isError: true },
        { toolName: 'tool_search', toolCallId: '', isError: false },
      ]);
    });

    it('says nothing of a call that was cut off', async () => {
      const chunks = await map(head, ...block(0, search, json('{"que')), ending('max_tokens'), stop);
      const { type, ...whole } = head.message;
      const cut = await map({ ...whole, type, content: [search], stop_reason: 'max_tokens' });

      expect(partsOf(chunks)).toStrictEqual([]);
      expect(partsOf(cut)).toStrictEqual([]);
    });
  });

  describe('a whole message', () => {
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

  describe('errors', () => {
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
});

describe('toBody', () => {
  const weatherTool = { name: 'weather', description: 'Tells', parameters: z.object({ city: z.string() }) };

  function body(request: Partial<ModelRequest>, model = 'claude-sonnet-5-5'): Record<string, unknown> {
    const messages: Message[] = [{ role: 'user', content: 'Hi' }];
    return JSON.parse(JSON.stringify(toBody(model, { messages, stream: true, ...request }))) as Record<
      string,
      unknown
    >;
  }

  function turns(...messages: Message[]): unknown {
    return body({ messages })['messages'];
  }

  it('asks for little beyond the messages', () => {
    expect(body({})).toStrictEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 128_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      stream: true,
    });
  });

  it('sends what it knows, and the options of the provider over it', () => {
    const sent = body(
      {
        tools: [weatherTool],
        toolChoice: 'auto',
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 100,
        stop: ['END'],
        frequencyPenalty: 1,
        presencePenalty: 1,
        seed: 7,
        stream: false,
        providerOptions: { max_tokens: 50, metadata: { user_id: 'me' } },
      },
      'claude-haiku-4-5',
    );

    expect(sent).toMatchObject({
      model: 'claude-haiku-4-5',
      tools: [
        {
          name: 'weather',
          description: 'Tells',
          input_schema: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
          },
        },
      ],
      tool_choice: { type: 'auto' },
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 50,
      stop_sequences: ['END'],
      stream: false,
      metadata: { user_id: 'me' },
    });
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['seed']));
    expect(JSON.stringify(sent)).not.toContain('penalty');
  });

  it.each([
    [{ toolChoice: 'none' }, { type: 'none' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: { toolName: 'weather' } }, { type: 'tool', name: 'weather' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: 'required', parallelToolCalls: true },
      { type: 'any', disable_parallel_tool_use: false },
    ],
    [{}, undefined],
  ] as const)('maps %j to the tool choice %j', (request, choice) => {
    expect(body({ tools: [weatherTool], ...request })['tool_choice']).toStrictEqual(choice);
  });

  it('sends a tool choice only with tools, be they of the provider', () => {
    const tools = [{ type: 'web_search_20260318', name: 'web_search' }];

    expect(body({ toolChoice: 'none', tools: [] })).not.toHaveProperty('tool_choice');
    expect(body({ toolChoice: 'required', providerOptions: { tools } })).toMatchObject({
      tools,
      tool_choice: { type: 'any' },
    });
  });

  it('sends temperature only to models that take it, and not while they think', () => {
    const request = { temperature: 1, topP: 0.5 };

    expect(body(request, 'claude-opus-4-7')).not.toHaveProperty('temperature');
    expect(body(request, 'claude-opus-4-6')).toMatchObject({ temperature: 1, top_p: 0.5 });
    expect(body({ ...request, thinkingEffort: 'low' }, 'claude-opus-4-6')).not.toHaveProperty('top_p');
    expect(body({ ...request, thinkingEffort: 'none' }, 'claude-opus-4-6')).toHaveProperty('top_p', 0.5);
    expect(body(request, 'glm-4.6')).toHaveProperty('temperature', 1);
  });

  it.each([
    ['claude-2.1', 4096],
    ['claude-3-opus-20240229', 4096],
    ['claude-3-5-haiku-latest', 8192],
    ['claude-3-7-sonnet-20250219', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['anthropic.claude-opus-4-1-20250805-v1:0', 32_000],
    ['claude-sonnet-4@20250514', 64_000],
    ['claude-haiku-4-5-20251001', 64_000],
    ['anthropic/claude-sonnet-4.6', 128_000],
    ['claude-4.7-opus', 128_000],
    ['us.anthropic.claude-haiku-5-5', 128_000],
    ['claude-mythos-preview', 128_000],
    ['kimi-k2', 8192],
  ])('lets %s write %i tokens', (model, tokens) => {
    expect(body({}, model)['max_tokens']).toBe(tokens);
  });

  it.each([
    ['claude-3-5-haiku-latest', 'high', undefined, undefined],
    ['claude-sonnet-4-5', 'high', { type: 'enabled', budget_tokens: 20_480 }, undefined],
    ['claude-sonnet-4-5', 'minimal', { type: 'enabled', budget_tokens: 1024 }, undefined],
    ['claude-sonnet-4-5', 'none', { type: 'disabled' }, undefined],
    ['claude-sonnet-4-6', 'minimal', { type: 'adaptive' }, 'low'],
    ['claude-opus-5', 'max', { type: 'adaptive', display: 'summarized' }, 'max'],
    ['claude-opus-5', 'none', { type: 'disabled' }, undefined],
    ['claude-haiku-5-5', 'none', { type: 'disabled' }, undefined],
    ['claude-sonnet-5-5', 'none', { type: 'between_tools' }, undefined],
    ['claude-opus-5-5', 'none', undefined, 'low'],
    ['claude-fable-5', 'none', undefined, 'low'],
    ['claude-mythos-preview', 'medium', { type: 'adaptive', display: 'summarized' }, 'medium'],
  ] as const)('asks %s to think with effort %s as %j and %s', (model, thinkingEffort, thinking, effort) => {
    const sent = body({ thinkingEffort }, model);

    expect(sent['thinking']).toStrictEqual(thinking);
    expect(sent['output_config']).toStrictEqual(effort && { effort });
  });

  it('keeps the budget of thinking below maxTokens, and thinks not at all where nothing would be left', () => {
    const ask = (maxTokens: number) =>
      body({ thinkingEffort: 'max', maxTokens }, 'claude-haiku-4-5')['thinking'];

    expect(ask(10_000)).toStrictEqual({ type: 'enabled', budget_tokens: 8000 });
    expect(ask(1000)).toBeUndefined();
  });

  it('asks for structured output in words that the API knows', () => {
    const outputSchema = z.object({
      count: z.number().min(1).describe('How many'),
      mail: z.email(),
      kind: z.enum(['a', 'b']),
      code: z.string().meta({ format: 'odd' }),
      list: z.array(z.object({ minimum: z.string() })).min(1),
      long: z.array(z.string()).min(3),
      either: z.discriminatedUnion('t', [
        z.object({ t: z.literal('x') }),
        z.object({ t: z.literal('y'), n: z.null() }),
      ]),
    });
    const sent = body({ outputSchema, thinkingEffort: 'low' })['output_config'] as {
      effort: string;
      format: { type: string; schema: { properties: Record<string, unknown> } };
    };

    expect(sent.effort).toBe('low');
    expect(sent.format.type).toBe('json_schema');
    expect(sent.format.schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(sent.format.schema.properties).toMatchObject({
      count: { type: 'number', description: 'How many\n\nminimum: 1' },
      mail: { type: 'string', format: 'email', description: expect.stringContaining('pattern: ') as string },
      kind: { enum: ['a', 'b'] },
      code: { type: 'string', description: 'format: "odd"' },
      list: {
        minItems: 1,
        items: { properties: { minimum: { type: 'string' } }, additionalProperties: false },
      },
      long: { description: 'minItems: 3' },
      either: { anyOf: [{ additionalProperties: false }, { properties: { n: { type: 'null' } } }] },
    });
    expect(JSON.stringify(sent.format.schema)).not.toContain('oneOf');
  });

  describe('messages', () => {
    it('puts system messages apart, in order', () => {
      const sent = body({
        messages: [
          { role: 'system', content: 'Be kind' },
          { role: 'user', content: 'Hi' },
          { role: 'system', content: ' ' },
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: [{ type: 'text', text: 'Ho' }] },
        ],
      });

      expect(sent['system']).toStrictEqual([
        { type: 'text', text: 'Be kind' },
        { type: 'text', text: 'Be brief' },
      ]);
      expect(sent['messages']).toStrictEqual([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'text', text: 'Ho' },
          ],
        },
      ]);
    });

    it('sends images by URL or as bytes', () => {
      const image = (value: string | URL, mediaType?: string) =>
        ({ type: 'image', image: value, ...(mediaType !== undefined && { mediaType }) }) as const;
      const sent = turns({
        role: 'user',
        content: [
          image(new URL('https://a.ch/b.png')),
          image('AAAA', 'image/jpeg'),
          image('AAAA'),
          image('data:image/gif;base64,BBBB'),
          image('data:;base64,CCCC'),
        ],
      });
      const base64 = (media_type: string, data: string) => ({
        type: 'image',
        source: { type: 'base64', media_type, data },
      });

      expect(sent).toStrictEqual([
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'url', url: 'https://a.ch/b.png' } },
            base64('image/jpeg', 'AAAA'),
            base64('image/png', 'AAAA'),
            base64('image/gif', 'BBBB'),
            base64('image/png', 'CCCC'),
          ],
        },
      ]);
    });

    it('sends back an answer as it came', async () => {
      const blocks = [
        { type: 'thinking', thinking: 'Hm', signature: 'sig' },
        { type: 'redacted_thinking', data: 'secret' },
        { ...search, input: { query: 'Bern' }, caller: { type: 'direct' } },
        found,
        {
          type: 'text',
          text: 'Big.',
          citations: [{ type: 'web_search_result_location', url: 'https://bern.ch', encrypted_index: 'x' }],
        },
        {
          ...weather,
          input: { city: 'Bern' },
          caller: { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' },
        },
      ];
      const content = partsOf(await map({ ...head.message, content: blocks, stop_reason: 'tool_use' }));
      const toolCallId = 'toolu_1';

      expect(
        turns(
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content },
          {
            role: 'tool',
            content: [{ type: 'tool-result', toolCallId, toolName: 'weather', result: { c: 7 } }],
          },
        ),
      ).toStrictEqual([
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'assistant', content: blocks },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '{"c":7}' }],
        },
      ]);
    });

    it('puts results before what the user says, and marks errors', () => {
      const call = (toolCallId: string): AssistantPart => ({
        type: 'tool-call',
        toolCallId,
        toolName: 'weather',
        arguments: {},
      });
      const result = { type: 'tool-result', toolName: 'weather' } as const;

      expect(
        turns(
          { role: 'assistant', content: [call('a'), call('b')] },
          { role: 'user', content: 'And?' },
          {
            role: 'tool',
            content: [
              { ...result, toolCallId: 'a', result: 'Rain', isError: false },
              { ...result, toolCallId: 'b', result: '', isError: true },
            ],
          },
        ),
      ).toMatchObject([
        { role: 'assistant' },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'Rain' },
            { type: 'tool_result', tool_use_id: 'b', is_error: true },
            { type: 'text', text: 'And?' },
          ],
        },
      ]);
    });

    it('gives each call an id that the API takes', () => {
      const round = (toolCallId: string): Message[] => [
        {
          role: 'assistant',
          content: [{ type: 'tool-call', toolCallId, toolName: 'weather', arguments: {} }],
        },
        { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName: 'weather', result: 'x' }] },
      ];
      const sent = JSON.stringify(
        turns(...round('functions.add:0'), ...round('call_0'), ...round('call_0'), ...round('')),
      );

      expect([...sent.matchAll(/"(?:id|tool_use_id)":"([^"]*)"/g)].map(([, id]) => id)).toStrictEqual([
        ...['functions_add_0', 'functions_add_0', 'call_0', 'call_0', 'call_0_2', 'call_0_2', 'call', 'call'],
      ]);
      expect(
        turns({
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'a.b', toolName: 'weather', result: 'x' }],
        }),
      ).toMatchObject([{ content: [{ tool_use_id: 'a_b' }] }]);
    });

    it('leaves out what belongs to other providers', () => {
      const foreign = { format: 'openai', data: { id: 'rs_1' } };

      expect(
        turns(
          {
            role: 'assistant',
            content: [
              { type: 'thinking', text: 'Hm', kind: 'summary', signature: foreign },
              { type: 'thinking', text: 'Hm', kind: 'thinking' },
              {
                type: 'tool-call',
                toolCallId: 'ws_1',
                toolName: 'web_search',
                arguments: {},
                providerExecuted: true,
                signature: foreign,
              },
              {
                type: 'tool-result',
                toolCallId: 'ws_1',
                toolName: 'web_search',
                result: { type: 'web_search_call' },
                providerExecuted: true,
              },
              {
                type: 'tool-result',
                toolCallId: 'ws_1',
                toolName: 'web_search',
                result: 'text',
                providerExecuted: true,
              },
              {
                type: 'text',
                text: 'Big.',
                sources: [
                  { url: 'https://bern.ch', raw: { type: 'url_citation' } },
                  { url: 'https://zug.ch' },
                ],
              },
              { type: 'refusal', text: 'I cannot.' },
              { type: 'text', text: '\n' },
            ],
          },
          { role: 'user', content: 'Well' },
        ),
      ).toMatchObject([
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Big.' },
            { type: 'text', text: 'I cannot.' },
          ],
        },
        { role: 'user' },
      ]);
    });

    it('leaves out thinking at the end of an answer, and answers without anything else', () => {
      const signature = { format: 'anthropic', data: { type: 'thinking', signature: 'sig' } };
      const thinking: AssistantPart = { type: 'thinking', text: 'Hm', kind: 'thinking', signature };

      expect(
        turns(
          { role: 'assistant', content: [{ type: 'text', text: 'So' }, thinking] },
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: [thinking] },
          { role: 'user', content: '' },
          { role: 'user', content: 'Ho' },
        ),
      ).toStrictEqual([
        { role: 'assistant', content: [{ type: 'text', text: 'So' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'text', text: 'Ho' },
          ],
        },
      ]);
    });

    it('merges answers that follow each other and trims the end of one to be continued', () => {
      expect(
        turns({ role: 'assistant', content: 'One ' }, { role: 'assistant', content: 'Two \n' }),
      ).toStrictEqual([
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'One ' },
            { type: 'text', text: 'Two' },
          ],
        },
      ]);
    });

    it('sends a server call that waits for its result, and none that a user has broken off', () => {
      const open: AssistantPart = {
        type: 'tool-call',
        toolCallId: 'srvtoolu_1',
        toolName: 'code_execution',
        arguments: { code: 'x' },
        providerExecuted: true,
        signature: {
          format: 'anthropic',
          data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'code_execution' },
        },
      };
      const call: AssistantPart = {
        type: 'tool-call',
        toolCallId: 'toolu_1',
        toolName: 'weather',
        arguments: {},
        signature: {
          format: 'anthropic',
          data: { caller: { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' } },
        },
      };
      const answer: Message[] = [
        { role: 'assistant', content: [open, call] },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'toolu_1', toolName: 'weather', result: 'x' }],
        },
      ];

      expect(turns(...answer)).toMatchObject([
        {
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', input: { code: 'x' } },
            { type: 'tool_use', caller: { tool_id: 'srvtoolu_1' } },
          ],
        },
        {},
      ]);
      expect(turns(...answer, { role: 'user', content: 'Stop' })).toMatchObject([
        { content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }] },
        {},
      ]);
      expect(JSON.stringify(turns(...answer, { role: 'user', content: 'Stop' }))).not.toContain('caller');
    });
  });
});

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
