import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toBody } from '../../providers/ollama/request.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { ModelRequest } from '../../src/index.ts';

describe('toBody of ollama', () => {
  const bodyOf = (request: Partial<ModelRequest>, model = 'test-1'): Record<string, unknown> =>
    JSON.parse(
      JSON.stringify(
        toBody(model, { messages: [{ role: 'user', content: 'Hello' }], stream: true, ...request }),
      ),
    ) as Record<string, unknown>;
  const messageOf = (message: ModelRequest['messages'][number]) =>
    bodyOf({ messages: [message] })['messages'];
  const tool = { name: 'weather', description: 'Tells it', parameters: z.object({ city: z.string() }) };
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  };

  it('sends nothing that was not asked for', () => {
    expect(bodyOf({})).toEqual({
      model: 'test-1',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    expect(bodyOf({ stream: false, tools: [] })).toEqual({ ...bodyOf({}), stream: false });
  });

  it('puts sampling into options, in the words of Ollama', () => {
    const request = {
      temperature: 0,
      topP: 0.9,
      maxTokens: 10,
      stop: ['END'],
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
    };

    expect(bodyOf(request)['options']).toEqual({
      temperature: 0,
      top_p: 0.9,
      num_predict: 10,
      stop: ['END'],
      seed: 1,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
    });
  });

  it('lays providerOptions over the body and their options over the options', () => {
    const providerOptions = { keep_alive: '10m', think: 'high', options: { num_ctx: 8192, temperature: 1 } };

    expect(bodyOf({ temperature: 0, seed: 1, providerOptions })).toMatchObject({
      keep_alive: '10m',
      think: 'high',
      options: { num_ctx: 8192, temperature: 1, seed: 1 },
    });
    expect(bodyOf({ seed: 1, providerOptions: { logprobs: true } })).toMatchObject({
      logprobs: true,
      options: { seed: 1 },
    });
  });

  it.each([
    ['none', false, false],
    ['minimal', 'low', true],
    ['low', 'low', true],
    ['medium', 'medium', true],
    ['high', 'high', true],
    ['max', 'high', true],
  ] as const)('asks for %s thinking with %j of gpt-oss, with %j of others', (thinkingEffort, level, flag) => {
    expect(bodyOf({ thinkingEffort }, 'gpt-oss:20b')['think']).toBe(level);
    expect(bodyOf({ thinkingEffort }, 'qwen3:4b')['think']).toBe(flag);
  });

  it('sends tools and the schema of the answer as JSON Schema', () => {
    const body = bodyOf({
      tools: [tool],
      toolChoice: 'required',
      parallelToolCalls: true,
      outputSchema: tool.parameters,
    });

    expect(body['tools']).toEqual([
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'Tells it',
          parameters: expect.objectContaining(schema) as unknown,
        },
      },
    ]);
    expect(body['format']).toMatchObject(schema);
    expect(Object.keys(body)).toEqual(['model', 'messages', 'tools', 'format', 'stream']);
  });

  it('sends no tools when none may be called', () => {
    expect(bodyOf({ tools: [tool], toolChoice: 'none' })).not.toHaveProperty('tools');
  });

  it('sends system messages and text where they stand', () => {
    expect(messageOf({ role: 'system', content: 'Be brief' })).toEqual([
      { role: 'system', content: 'Be brief' },
    ]);
    expect(
      messageOf({
        role: 'user',
        content: [
          { type: 'text', text: 'What ' },
          { type: 'text', text: 'now?' },
        ],
      }),
    ).toEqual([{ role: 'user', content: 'What now?' }]);
  });

  it('sends images as bare base64', () => {
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image', image: 'AAAA' },
      { type: 'image', image: 'data:image/png;base64,BBBB' },
      { type: 'image', image: new URL('data:image/jpeg;base64,CCCC') },
    ] as const;

    expect(messageOf({ role: 'user', content })).toEqual([
      { role: 'user', content: 'What is it?', images: ['AAAA', 'BBBB', 'CCCC'] },
    ]);
  });

  it.each([
    'https://example.com/cat.png',
    new URL('http://example.com/cat.png'),
    'file:///cat.png',
    'data:image/svg+xml,<svg/>',
  ])('throws for the image %s, which nobody would fetch', (image) => {
    const content = [{ type: 'image', image }] as const;

    expect(() => messageOf({ role: 'user', content })).toThrow(InvalidRequestError);
    expect(() => messageOf({ role: 'user', content })).toThrow(/must be base64.*not (https?|file|data):/);
  });

  it('sends back text, thinking and tool calls, with arguments as an object', () => {
    const content = [
      { type: 'thinking', text: 'so', kind: 'thinking' },
      { type: 'thinking', text: '', kind: 'thinking', signature: { format: 'anthropic', data: 'x' } },
      { type: 'thinking', text: 'then', kind: 'summary' },
      { type: 'text', text: 'Let me ' },
      { type: 'text', text: 'look' },
      { type: 'refusal', text: '.' },
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' } },
      { type: 'tool-call', toolCallId: 'srv', toolName: 'search', arguments: {}, providerExecuted: true },
      { type: 'tool-result', toolCallId: 'srv', toolName: 'search', result: 1, providerExecuted: true },
    ] as const;

    expect(messageOf({ role: 'assistant', content })).toEqual([
      {
        role: 'assistant',
        content: 'Let me look.',
        thinking: 'so\n\nthen',
        tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: { city: 'Bern' } } }],
      },
    ]);
    expect(messageOf({ role: 'assistant', content: 'Hello' })).toEqual([
      { role: 'assistant', content: 'Hello' },
    ]);
  });

  it('sends each tool result as a message, named by its tool and its call', () => {
    const content = [
      { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', result: 'sunny' },
      { type: 'tool-result', toolCallId: 'call_2', toolName: 'weather', result: { degrees: 20 } },
    ] as const;

    expect(messageOf({ role: 'tool', content })).toEqual([
      { role: 'tool', tool_name: 'weather', tool_call_id: 'call_1', content: 'sunny' },
      { role: 'tool', tool_name: 'weather', tool_call_id: 'call_2', content: '{"degrees":20}' },
    ]);
  });
});
