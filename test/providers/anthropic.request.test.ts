import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { body, weatherTool } from './anthropicEvents.ts';

describe('toBody of anthropic', () => {
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
});
