import { describe, expect, it } from 'vitest';
import {
  block,
  ending,
  found,
  head,
  json,
  map,
  ofType,
  partsOf,
  search,
  stop,
  weather,
} from './anthropicEvents.ts';

describe('mapEvents of anthropic: tool calls', () => {
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

describe('mapEvents of anthropic: tools that Anthropic runs', () => {
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
