import { describe, expect, it } from 'vitest';
import type { AssistantPart, Message } from '../../src/message.ts';
import { body, found, head, map, partsOf, search, turns, weather } from './anthropicEvents.ts';

describe('toBody of anthropic: the conversation', () => {
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
              sources: [{ url: 'https://bern.ch', raw: { type: 'url_citation' } }, { url: 'https://zug.ch' }],
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
