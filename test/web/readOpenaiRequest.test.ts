import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../src/errors.ts';
import { toJsonSchema, validate } from '../../src/schema.ts';
import { readOpenaiRequest } from '../../web/readOpenaiRequest.ts';

const model = 'gpt-5-mini';
const messages = [{ role: 'user', content: 'Hi' }] as const;
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

function read(body: Readonly<Record<string, unknown>>) {
  return readOpenaiRequest({ model, messages, ...body });
}

describe('readOpenaiRequest', () => {
  it('reads a question', () => {
    expect(read({})).toStrictEqual({
      model,
      request: { messages: [{ role: 'user', content: 'Hi' }] },
      stream: false,
      options: { model, tools: [], includeUsage: false },
    });
  });

  it('reads all that a request of ours can have', () => {
    const { request } = read({
      tool_choice: 'required',
      parallel_tool_calls: false,
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 7,
      stop: 'END',
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      reasoning_effort: 'low',
      seed: 3,
      user: 'someone',
    });

    expect(request).toStrictEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      toolChoice: 'required',
      parallelToolCalls: false,
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 7,
      stop: ['END'],
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      thinkingEffort: 'low',
      seed: 3,
    });
    expect(read({ max_completion_tokens: 5, max_tokens: 7, stop: ['a', 'b'] }).request).toMatchObject({
      maxTokens: 5,
      stop: ['a', 'b'],
    });
    expect(read({ reasoning_effort: 'xhigh', temperature: null }).request).toStrictEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      thinkingEffort: 'max',
    });
  });

  it('tells whether a stream is asked for, and the usage with it', () => {
    expect(read({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      options: { includeUsage: true },
    });
    expect(read({ stream: true, stream_options: null }).options.includeUsage).toBe(false);
  });

  it('reads a conversation with instructions, pictures, thinking, tool calls and their results', () => {
    const call = (id: string, name: string, args: string) =>
      ({ id, type: 'function', function: { name, arguments: args } }) as const;
    const { request } = read({
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'Be ' },
            { type: 'text', text: 'brief.' },
          ],
        },
        { role: 'system', content: 'In English.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where is this?' },
            { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA' } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: 'Let me see.',
          ...{ reasoning_content: 'hm' },
          tool_calls: [call('a', 'weather', '{"city":"Bern"}'), call('b', 'time', '{"c')],
        },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'bad arguments' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Bern' },
            { type: 'refusal', refusal: 'no' },
          ],
          refusal: 'not that',
        },
        { role: 'assistant', content: null },
      ],
    });

    expect(request.messages).toStrictEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'In English.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Where is this?' },
          { type: 'image', image: 'AAAA', mediaType: 'image/jpeg' },
          { type: 'image', image: 'https://example.org/a.png' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'hm', kind: 'thinking' },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'weather', arguments: { city: 'Bern' } },
          {
            type: 'tool-call-invalid',
            toolCallId: 'b',
            toolName: 'time',
            argumentsText: '{"c',
            reason: 'invalid-json',
          },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'weather', result: 'sunny' },
          { type: 'tool-result', toolCallId: 'b', toolName: 'time', result: 'bad arguments' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Bern' },
          { type: 'refusal', text: 'no' },
          { type: 'refusal', text: 'not that' },
        ],
      },
      { role: 'assistant', content: [] },
    ]);
  });

  it('reads tools, which of them is to be called, and a schema for the answer', () => {
    const { request, options } = read({
      tools: [
        { type: 'function', function: { name: 'weather', description: 'Tells it', parameters } },
        { type: 'function', function: { name: 'now' } },
      ],
      tool_choice: { type: 'function', function: { name: 'now' } },
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: parameters } },
    });
    const [weather, now] = request.tools ?? [];

    expect(options.tools).toStrictEqual(['weather', 'now']);
    expect(request.toolChoice).toStrictEqual({ toolName: 'now' });
    expect(weather).toMatchObject({ name: 'weather', description: 'Tells it' });
    expect(weather && toJsonSchema(weather.parameters)).toStrictEqual(parameters);
    expect(now && toJsonSchema(now.parameters)).toStrictEqual({ type: 'object', properties: {} });
    expect(request.outputSchema && toJsonSchema(request.outputSchema)).toStrictEqual(parameters);
    expect(weather && validate(weather.parameters, { any: 1 })).toStrictEqual({
      valid: true,
      value: { any: 1 },
    });
    expect(weather && validate(weather.parameters, 5)).toMatchObject({ valid: false });
  });

  it('takes JSON without a schema as any object, and text as none', () => {
    const { outputSchema } = read({ response_format: { type: 'json_object' } }).request;

    expect(outputSchema && toJsonSchema(outputSchema)).toStrictEqual({
      type: 'object',
      additionalProperties: true,
    });
    expect(read({ response_format: { type: 'text' } }).request).not.toHaveProperty('outputSchema');
  });

  it.each<[string, object | string | undefined, string]>([
    ['no object', 'Hi', 'The body must be an object, not "Hi"'],
    ['nothing', undefined, 'The body must be an object, but is missing'],
    ['no model', { model: undefined }, 'model must be a string, but is missing'],
    ['no messages', { messages: undefined }, 'messages must be an array, but is missing'],
    ['empty messages', { messages: [] }, 'messages must be at least one message, not []'],
    ['a message that is none', { messages: ['Hi'] }, 'messages[0] must be an object, not "Hi"'],
    [
      'an unknown role',
      { messages: [{ role: 'function', content: '' }] },
      'messages[0].role must be system, developer, user, assistant or tool, not "function"',
    ],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content must be an array, but is missing'],
    [
      'sound',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      'messages[0].content[0].type must be text or image_url, not "input_audio"',
    ],
    [
      'a picture that is none',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'AAAA' } }] }] },
      'messages[0].content[0].image_url.url must be an http(s) URL, or a data: URL in base64, not "AAAA"',
    ],
    [
      'an unknown part of an answer',
      { messages: [{ role: 'assistant', content: [{ type: 'audio' }] }] },
      'messages[0].content[0].type must be text or refusal, not "audio"',
    ],
    [
      'a call of a tool that is no function',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom' }] }] },
      'messages[0].tool_calls[0].type must be "function", not "custom"',
    ],
    [
      'a result without a call',
      { messages: [{ role: 'tool', tool_call_id: 'a', content: '' }] },
      'messages[0].tool_call_id must be the id of a tool call of an assistant message before it, not "a"',
    ],
    ['several answers', { n: 2 }, 'n must be 1: ask again for another answer'],
    [
      'functions',
      { functions: [] },
      'functions and function_call are not supported: use tools and tool_choice',
    ],
    ['log probabilities', { logprobs: true }, 'logprobs are not supported: leave the field out'],
    [
      'a spoken answer',
      { modalities: ['text', 'audio'] },
      'Only text is answered: leave out audio and modalities',
    ],
    [
      'a tool that is no function',
      { tools: [{ type: 'custom' }] },
      'tools[0].type must be "function", not "custom"',
    ],
    [
      'a tool whose parameters are no schema',
      { tools: [{ type: 'function', function: { name: 'a', parameters: 'b' } }] },
      'tools[0].function.parameters must be an object, not "b"',
    ],
    [
      'a choice of something else',
      { tool_choice: { type: 'custom' } },
      'tool_choice.type must be "function", not "custom"',
    ],
    [
      'another form of answer',
      { response_format: { type: 'grammar' } },
      'response_format.type must be text, json_object or json_schema, not "grammar"',
    ],
    ['a number that is none', { temperature: '1' }, 'temperature must be a number, not "1"'],
    ['a switch that is none', { stream: 'yes' }, 'stream must be true or false, not "yes"'],
    ['a stop that is no text', { stop: [5] }, 'stop must be a string, not 5'],
    [
      'an unknown effort',
      { reasoning_effort: 'huge' },
      'reasoning_effort must be none, minimal, low, medium, high or xhigh, not "huge"',
    ],
  ])('refuses %s', (_, given, message) => {
    const body = typeof given === 'object' ? { model, messages, ...given } : given;

    expect(() => readOpenaiRequest(body)).toThrow(new InvalidRequestError(message));
  });
});
