import { describe, expect, it } from 'vitest';
import { mapEvents } from '../../providers/openai/events.ts';
import type { StreamChunk } from '../../src/index.ts';
import {
  added,
  args,
  call,
  completed,
  contentOf,
  created,
  done,
  encrypted,
  facts,
  finishOf,
  incomplete,
  map,
  message,
  outputText,
  text,
  wholeCall,
} from './openaiEvents.ts';

describe('mapEvents of openai: function calls', () => {
  const start = { type: 'tool-call-start', toolCallId: 'call_1', toolName: 'weather', block: 0 };
  const whole = { toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 };

  it('announces a call, passes on its arguments and closes it with its item', () => {
    const events = [
      added(call),
      args('{"city":'),
      args(''),
      args('"Bern"}'),
      {
        type: 'response.function_call_arguments.done',
        output_index: 0,
        arguments: '{"city":"Bern"}',
      },
      done(wholeCall),
    ];

    expect(map(created, ...events, completed()).chunks.slice(1)).toEqual([
      start,
      { type: 'tool-call-delta', toolCallId: 'call_1', argumentsDelta: '{"city":', block: 0 },
      { type: 'tool-call-delta', toolCallId: 'call_1', argumentsDelta: '"Bern"}', block: 0 },
      { type: 'tool-call', ...whole },
      { type: 'finish', reason: 'tool-calls', rawReason: 'completed', metadata: {} },
    ]);
  });

  it.each([
    [
      'function_call_arguments.done (LM Studio)',
      [
        added(call),
        {
          type: 'response.function_call_arguments.done',
          output_index: 0,
          arguments: '{"city":"Bern"}',
        },
      ],
    ],
    ['output_item.done', [added(call), done(wholeCall)]],
    ['output_item.done, unannounced', [done(wholeCall)]],
    ['output_item.done, as an object', [added(call), done({ ...call, arguments: { city: 'Bern' } })]],
  ])('takes arguments that only come in %s', (_, events) => {
    const chunks = contentOf(created, ...events);

    expect(chunks.at(0)).toEqual(start);
    expect(chunks.at(-1)).toEqual({ type: 'tool-call', ...whole });
    expect(chunks).toHaveLength(3);
  });

  it('takes arguments that only come in the final output, be it with another id', () => {
    const output = [{ ...wholeCall, id: 'fc_2', call_id: 'call_2' }];

    expect(map(created, added(call), completed({ output })).chunks.at(-2)).toEqual({
      type: 'tool-call',
      ...whole,
    });
  });

  it('takes the whole arguments when the stream is resumed in the middle of them', () => {
    expect(contentOf(args('rn"}'), done(wholeCall)).at(-1)).toEqual({ type: 'tool-call', ...whole });
  });

  it('keeps what has streamed when the item repeats the arguments as empty', () => {
    const events = [added(call), args('{"city":"Bern"}'), done({ ...call, arguments: null })];

    expect(contentOf(created, ...events).at(-1)).toEqual({ type: 'tool-call', ...whole });
  });

  it.each(['', '{}'])('takes the arguments %j of a tool without parameters for none', (value) => {
    expect(contentOf(created, added(call), done({ ...call, arguments: value })).at(-1)).toMatchObject({
      type: 'tool-call',
      arguments: {},
    });
  });

  it('keeps two calls apart that are streamed at the same time', () => {
    const other = { ...call, id: 'fc_2', call_id: 'call_2' };
    const events = [
      added(call),
      added(other, 1),
      args('{"city":"Bern"}'),
      args('{"city":"Basel"}', 1),
      done({ ...other, arguments: '{"city":"Basel"}' }, 1),
      done(wholeCall),
    ];
    const calls = contentOf(created, ...events).filter(({ type }) => type === 'tool-call');

    expect(calls).toMatchObject([
      { toolCallId: 'call_2', arguments: { city: 'Basel' }, block: 1 },
      { toolCallId: 'call_1', arguments: { city: 'Bern' }, block: 0 },
    ]);
  });

  it('keeps items apart that a server puts at the same place', () => {
    const other = { ...wholeCall, id: 'fc_2', call_id: 'call_2' };
    const events = [text('a'), done(message(outputText('a'))), added(call), done(wholeCall), added(other)];
    const blocks = contentOf(created, ...events, done(other)).map((chunk) => 'block' in chunk && chunk.block);

    expect(blocks).toEqual([0, 1, 1, 1, 2, 2, 2]);
  });

  it('joins an item that is announced behind its first piece', () => {
    expect(contentOf(created, text('a'), added(message()), done(message(outputText('a'))))).toHaveLength(1);
  });

  it('takes an item once when it is closed twice', () => {
    expect(contentOf(created, done(wholeCall), done(wholeCall))).toHaveLength(3);
  });

  it('takes the id of the item, else one of its own, where a call has none', () => {
    const { call_id: _, ...bare } = wholeCall;
    const { id: __, ...nameless } = bare;

    expect(contentOf(created, done(bare))[0]).toMatchObject({ toolCallId: 'fc_1' });
    expect(contentOf(created, text('a'), done(nameless, 1))[1]).toMatchObject({ toolCallId: 'call_1' });
  });

  it('closes a call that was cut off as incomplete and finishes with length', () => {
    const cut = { ...call, arguments: '{"city":"Be', status: 'incomplete' };
    const argumentsDone = {
      type: 'response.function_call_arguments.done',
      output_index: 0,
      arguments: cut.arguments,
    };

    for (const events of [[done(cut)], [argumentsDone, done(cut)], []]) {
      const { chunks } = map(
        created,
        added(call),
        args(cut.arguments),
        ...events,
        incomplete('max_output_tokens'),
      );
      expect(chunks.slice(-2)).toMatchObject([
        { type: 'tool-call-invalid', argumentsText: '{"city":"Be', reason: 'incomplete' },
        { type: 'finish', reason: 'length' },
      ]);
    }
  });

  it('closes a call that is cut off in the final output as incomplete', () => {
    const output = [{ ...call, arguments: '{"city":"Be' }];

    expect(map(created, added(call), incomplete('max_output_tokens', { output })).chunks).toContainEqual(
      expect.objectContaining({ type: 'tool-call-invalid', reason: 'incomplete' }),
    );
  });

  it('closes a call that was cut off before its first argument as incomplete', () => {
    expect(map(created, added(call), incomplete('max_output_tokens')).chunks[2]).toMatchObject({
      type: 'tool-call-invalid',
      argumentsText: '',
      reason: 'incomplete',
    });
  });

  it('closes a call whose arguments are no JSON as invalid', () => {
    expect(contentOf(created, done({ ...call, arguments: '{city}' })).at(-1)).toMatchObject({
      type: 'tool-call-invalid',
      reason: 'invalid-json',
    });
  });

  it('closes an open call when the stream ends by a sentinel alone', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
    mapper.event(added(call));
    mapper.finish(true);

    expect(chunks.at(-1)).toMatchObject({ type: 'tool-call-invalid', reason: 'incomplete' });
  });

  it('tells the item id of a call behind reasoning, which must go back with it', () => {
    const ids = contentOf(created, done(encrypted), done(wholeCall, 1)).filter(
      ({ type }) => type === 'thinking-signature',
    );

    expect(ids.at(-1)).toMatchObject({ block: 1, data: { type: 'function_call', id: 'fc_1' } });
  });
});

describe('mapEvents of openai: tools of the server', () => {
  const search = {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'rxjs' },
  };

  it('gives a web search as a call and a result that the provider executed', () => {
    const pending = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' };

    expect(contentOf(created, added(pending), done(search), text('Hello', 1))).toEqual([
      { type: 'tool-call-start', toolCallId: 'ws_1', toolName: 'web_search', block: 0 },
      {
        type: 'tool-call',
        toolCallId: 'ws_1',
        toolName: 'web_search',
        arguments: { type: 'search', query: 'rxjs' },
        block: 0,
        providerExecuted: true,
      },
      {
        type: 'thinking-signature',
        block: 0,
        format: 'openai',
        data: { type: 'web_search_call', id: 'ws_1' },
      },
      {
        type: 'tool-result',
        toolCallId: 'ws_1',
        toolName: 'web_search',
        result: search,
        isError: false,
        durationMs: 0,
        providerExecuted: true,
        block: 1,
      },
      { type: 'text-delta', text: 'Hello', block: 2 },
    ]);
  });

  it('does not finish with tool-calls, since nobody has to run anything', () => {
    expect(finishOf(created, done(search), completed())?.reason).toBe('stop');
  });

  it.each([
    ['file_search', { type: 'file_search_call', queries: ['a'], results: [] }, { queries: ['a'] }],
    ['code_interpreter', { type: 'code_interpreter_call', code: '1+1', outputs: null }, { code: '1+1' }],
    ['image_generation', { type: 'image_generation_call', result: 'base64' }, {}],
    [
      'add',
      { type: 'mcp_call', name: 'add', server_label: 's', arguments: '{"a":1}', output: '1' },
      { a: 1 },
    ],
    ['add', { type: 'mcp_call', name: 'add', server_label: 's', arguments: '{"a":' }, {}],
    ['computer', { type: 'computer_call', call_id: 'c', action: { type: 'click' } }, { type: 'click' }],
    ['tool_search', { type: 'tool_search_call', arguments: { q: 'x' } }, { q: 'x' }],
    ['custom', { type: 'custom_tool_call', name: 'custom', input: 'text' }, { input: 'text' }],
    ['add', { type: 'mcp_approval_request', name: 'add', arguments: '{"a":1}' }, { a: 1 }],
  ])('gives %s with what it was asked', (toolName, item, expected) => {
    const chunks = contentOf(created, done(item));

    expect(chunks[1]).toMatchObject({ type: 'tool-call', toolName, arguments: expected });
    expect(chunks.at(-1)).toMatchObject({ type: 'tool-result', toolName, result: item });
  });

  it.each([
    { ...search, status: 'failed' },
    { ...search, status: 'incomplete' },
    { type: 'mcp_call', id: 'mcp_1', name: 'add', arguments: '{}', error: 'no route' },
  ])('marks the result of a failed call as an error', (item) => {
    expect(contentOf(created, done(item)).at(-1)).toMatchObject({ type: 'tool-result', isError: true });
  });

  it('closes one that was cut off as an error, unsigned so that it does not go back', () => {
    const pending = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' };
    const { chunks } = map(created, added(pending), incomplete('max_output_tokens'));

    expect(chunks.slice(1, -1)).toMatchObject([
      { type: 'tool-call-start' },
      { type: 'tool-call', arguments: {} },
      { type: 'tool-result', isError: true, result: pending },
    ]);
  });

  it('gives an output that is an item of its own as a further result', () => {
    const shell = { type: 'shell_call', id: 'sh_1', call_id: 'c_1', action: { commands: ['ls'] } };
    const output = { type: 'shell_call_output', id: 'sho_1', call_id: 'c_1', output: [] };

    expect(contentOf(created, done(shell), added(output, 1), done(output, 1)).at(-1)).toMatchObject({
      type: 'tool-result',
      toolCallId: 'c_1',
      toolName: 'shell',
      result: output,
      block: 2,
    });
    expect(contentOf(created, done({ type: 'program_output', id: 'po_1' }))[0]).toMatchObject({
      toolCallId: 'po_1',
      toolName: 'program',
    });
    expect(contentOf(created, done({ type: 'program_output' }))[0]).toMatchObject({ toolCallId: 'call_0' });
  });

  it('passes over an output and an unknown item that were never completed', () => {
    expect(contentOf(created, added({ type: 'program_output' }), added({ type: 'compaction' }, 1))).toEqual(
      [],
    );
  });

  it('keeps other items as opaque data', () => {
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'secret' };

    expect(contentOf(created, done(compaction))).toEqual([
      { type: 'thinking-signature', block: 0, format: 'openai', data: compaction },
    ]);
  });
});
