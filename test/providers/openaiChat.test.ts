import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/openaiChat/events.ts';
import { toBody } from '../../providers/openaiChat/request.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import type { FinishChunk, StreamChunk } from '../../src/chunk.ts';
import type { Message } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import { ResponseBuilder } from '../../src/response.ts';

/** The chunks of a stream of events with `[DONE]` behind them; their grammar is checked. */
async function map(...events: object[]): Promise<readonly StreamChunk[]> {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), { provider: 'openai', model: 'asked-1' });
  for (const event of events) mapper.event(event);
  const finish = mapper.finish(true);
  return lastValueFrom(from([...chunks, ...(finish ? [finish] : [])]).pipe(verifyGrammar(), toArray()));
}

async function partialOf(...events: object[]) {
  const response = new ResponseBuilder();
  for (const chunk of await map(...events)) response.add(chunk);
  return response.partial;
}

async function finishOf(...events: object[]): Promise<FinishChunk> {
  return (await map(...events)).at(-1) as FinishChunk;
}

function delta(fields: object, choice: object = {}): object {
  return { id: 'answer-1', choices: [{ index: 0, delta: fields, ...choice }] };
}

function calls(...pieces: object[]): object {
  return delta({ tool_calls: pieces });
}

const stop = delta({}, { finish_reason: 'stop' });

describe('events of Chat Completions', () => {
  it('begin with the model and the id that the server tells, at the first event that has one', async () => {
    const empty = { id: '', model: '', object: '', choices: [], prompt_filter_results: [] };
    const [start] = await map(empty, { id: 'answer-1', model: 'real-1', choices: [] }, stop);

    expect(start).toEqual({ type: 'start', provider: 'openai', model: 'real-1', responseId: 'answer-1' });
  });

  it('without choices pass: pings, and null in every place', async () => {
    const nothing = { content: null, role: null, tool_calls: null, reasoning_content: null, refusal: '' };
    const { text } = await partialOf(
      { type: 'ping' },
      delta(nothing),
      { choices: [{ index: 0 }] },
      delta({ content: 'a' }),
      stop,
    );

    expect(text).toBe('a');
  });

  it('of other choices are not read', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'b' } }] };

    expect((await partialOf(delta({ content: 'a' }), other, stop)).text).toBe('a');
  });

  it.each([
    ['reasoning_content', delta({ reasoning_content: 'hm' })],
    ['reasoning', delta({ reasoning: 'hm' })],
    [
      'reasoning_details alone',
      delta({ reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0 }] }),
    ],
    ['a summary of details', delta({ reasoning_details: [{ type: 'reasoning.summary', summary: 'hm' }] })],
    [
      'both, the same',
      delta({ reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }),
    ],
    [
      'parts of content',
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }),
    ],
    ['parts with plain thinking', delta({ content: [{ type: 'thinking', thinking: 'hm' }] })],
    [
      'parts without anything',
      delta({ content: [{ type: 'thinking', thinking: [{}] }, { type: 'x' }], reasoning: 'hm' }),
    ],
  ])('have thinking in %s', async (_, event) => {
    const { thinking, text } = await partialOf(event, delta({ content: 'a' }), stop);

    expect({ thinking, text }).toEqual({ thinking: 'hm', text: 'a' });
  });

  it('keep signed details whole for the way back, after the thinking that they belong to', async () => {
    const piece = (fields: object) =>
      delta({ reasoning_details: [{ type: 'reasoning.text', index: 0, ...fields }] });
    const encrypted = delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] });
    const all = await map(piece({ text: 'h' }), piece({ text: 'm', signature: 's' }), encrypted, stop);

    expect(all.find(({ type }) => type === 'thinking-signature')).toMatchObject({
      block: 0,
      format: 'openai-chat',
      data: {
        reasoning_details: [
          { type: 'reasoning.text', index: 0, text: 'hm', signature: 's' },
          { type: 'reasoning.encrypted', data: 'x' },
        ],
      },
    });
  });

  it('give a block to a signature that has no thinking', async () => {
    const all = await map(delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }), stop);

    expect(all.find(({ type }) => type === 'thinking-signature')).toMatchObject({ block: 0 });
  });

  it('tell refusals from text', async () => {
    const events = [delta({ refusal: 'No.' }), stop];

    expect((await partialOf(...events)).refusal).toBe('No.');
    expect((await finishOf(...events)).reason).toBe('refusal');
  });

  it('cite: annotations, search results and lists of links, each source once', async () => {
    const url = 'https://example.org';
    const citation = { url, title: 'T', start_index: 0, end_index: 1 };
    const annotated = delta({ content: 'a', annotations: [{ url_citation: citation }, {}] });
    const links = { ...delta({ content: 'a' }), citations: [url, 5] };
    const found = { ...delta({ content: 'a' }), search_results: [{ url, title: 'T' }], citations: [url] };
    const sourcesOf = async (...events: object[]) =>
      (await map(...events)).flatMap((chunk) => (chunk.type === 'source' ? [chunk] : []));

    expect(await sourcesOf(annotated, stop)).toEqual([
      { type: 'source', block: 0, url, title: 'T', span: { start: 0, end: 1 } },
    ]);
    expect(await sourcesOf(links, links, stop)).toEqual([{ type: 'source', block: 0, url }]);
    expect(await sourcesOf(found, found, stop)).toEqual([{ type: 'source', block: 0, url, title: 'T' }]);
    expect(await sourcesOf({ ...stop, citations: [url] })).toEqual([]);
  });

  it.each([
    ['behind the finish', [stop, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } }]],
    ['in x_groq', [{ ...stop, x_groq: { usage: { prompt_tokens: 3, completion_tokens: 5 } } }]],
    [
      'in the choice',
      [delta({}, { finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 5 } })],
    ],
    [
      'on every event, null until the end',
      [
        { ...delta({ content: 'a' }), usage: { prompt_tokens: 3, completion_tokens: null } },
        { ...stop, usage: { prompt_tokens: 3, completion_tokens: 5 } },
      ],
    ],
  ])('have usage %s', async (_, events) => {
    expect((await finishOf(...events)).usage).toMatchObject({
      inputTokens: 3,
      outputTokens: 5,
      totalTokens: 8,
    });
  });

  it('tell the parts of the usage', async () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 5,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };

    expect((await finishOf({ ...stop, usage })).usage).toEqual({
      inputTokens: 3,
      outputTokens: 5,
      totalTokens: 9,
      cachedInputTokens: 2,
      cacheWriteTokens: 1,
      thinkingTokens: 4,
      raw: usage,
    });
  });

  it('have what only some servers tell in the metadata', async () => {
    const event = {
      ...delta(
        { content: 'a' },
        {
          finish_reason: 'stop',
          native_finish_reason: 'end_turn',
          stop_reason: '###',
          logprobs: { content: [{ token: 'a' }] },
        },
      ),
      system_fingerprint: 'fp',
      service_tier: 'default',
      timings: { predicted_ms: 1 },
    };

    expect((await finishOf(event, { ...event, choices: [] })).metadata).toEqual({
      systemFingerprint: 'fp',
      serviceTier: 'default',
      timings: { predicted_ms: 1 },
      nativeFinishReason: 'end_turn',
      stopSequence: '###',
      logprobs: [{ token: 'a' }],
    });
  });

  it.each([
    ['length', 'length'],
    ['eos', 'stop'],
    ['content_filter', 'content-filter'],
    ['constructor', 'other'],
  ])('finish with %s as %s', async (word, reason) => {
    expect(await finishOf(delta({}, { finish_reason: word }))).toMatchObject({ reason, rawReason: word });
  });

  it('end for another reason where the server tells none', async () => {
    expect(await finishOf(delta({ content: 'a' }))).toMatchObject({ reason: 'other' });
  });

  it('fail at an error, in whichever place', () => {
    const fail = (event: object) => () =>
      mapEvents(() => undefined, { provider: 'openai', model: 'm' }).event(event);

    expect(fail({ error: { message: 'busy' } })).toThrow(WireError);
    expect(fail({ ...delta({}), x_groq: { error: 'busy' } })).toThrow('busy');
  });
});

describe('tool calls of Chat Completions', () => {
  const call = (fields: object, name: string | null, text: unknown) => ({
    ...fields,
    function: { name, arguments: text },
  });
  const a = { x: 1 };
  const b = { y: 2 };
  const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];

  it.each<[string, object[]]>([
    [
      'in pieces by index',
      [
        calls(call({ index: 0, id: 'a' }, 'f', '{"x"')),
        calls(call({ index: 0 }, null, ':1}')),
        calls(call({ index: 1, id: 'b' }, 'g', textB)),
      ],
    ],
    [
      'whole, several in one event, without an index',
      [calls(call({ id: 'a' }, 'f', textA), call({ id: 'b' }, 'g', textB))],
    ],
    [
      'whole, all with the same index',
      [calls(call({ index: 0, id: 'a' }, 'f', textA)), calls(call({ index: 0, id: 'b' }, 'g', textB))],
    ],
    [
      'with empty ids and names on later pieces',
      [
        calls(call({ index: 0, id: 'a' }, 'f', '')),
        calls(call({ index: 0, id: '' }, '', textA)),
        calls(call({ index: 1, id: 'b' }, 'g', textB)),
        calls(call({ index: 1, id: null }, null, null)),
      ],
    ],
    [
      'with id and name repeated',
      [
        calls(call({ index: 0, id: 'a' }, 'f', '{"x"')),
        calls(call({ index: 0, id: 'a' }, 'f', ':1}')),
        calls(call({ index: 1, id: 'b' }, 'g', textB)),
      ],
    ],
    [
      'from index 1 on',
      [calls(call({ index: 1, id: 'a' }, 'f', textA)), calls(call({ index: 2, id: 'b' }, 'g', textB))],
    ],
    [
      'with arguments as objects',
      [calls(call({ index: 0, id: 'a' }, 'f', a), call({ index: 1, id: 'b' }, 'g', b))],
    ],
    [
      'with a finish in between',
      [
        calls(call({ index: 0, id: 'a' }, 'f', textA)),
        delta({}, { finish_reason: 'tool_calls' }),
        calls(call({ index: 1, id: 'b' }, 'g', textB)),
      ],
    ],
  ])('come %s', async (_, events) => {
    const { toolCalls, invalidToolCalls } = await partialOf(...events, stop);

    expect(invalidToolCalls).toEqual([]);
    expect(toolCalls).toMatchObject([
      { toolCallId: 'a', toolName: 'f', arguments: a },
      { toolCallId: 'b', toolName: 'g', arguments: b },
    ]);
  });

  it('have an id made for them where the server gives none', async () => {
    const { toolCalls } = await partialOf(calls(call({ index: 0 }, 'f', textA)), stop);

    expect(toolCalls).toMatchObject([{ toolCallId: 'call_0', arguments: a }]);
  });

  it('take no arguments where these are empty, unless the model ran out of tokens', async () => {
    const event = calls(call({ index: 0, id: 'a' }, 'f', ''));
    const cut = delta({}, { finish_reason: 'length' });

    expect((await partialOf(event, stop)).toolCalls).toMatchObject([{ arguments: {} }]);
    expect((await partialOf(event, cut)).invalidToolCalls).toMatchObject([{ reason: 'incomplete' }]);
  });

  it('are rejected where they cannot be told apart', async () => {
    const events = [calls(call({ index: 0, id: 'a' }, 'f', `${textA}${textB}`)), stop];
    const { toolCalls, invalidToolCalls } = await partialOf(...events);

    expect(toolCalls).toEqual([]);
    expect(invalidToolCalls).toMatchObject([{ reason: 'invalid-json' }]);
  });

  it.each<[string, string[], object | undefined]>([
    ['braces, brackets and quotes in strings', ['{"x":"}\\"', ']}', '\\', '\\"}'], { x: '}"]}\\' }],
    ['objects in each other', [' {"x":{"', 'y":[{}]}', '}', ' \n'], { x: { y: [{}] } }],
    ['what is no object', ['[{}', ']'], undefined],
    ['braces that do not match', ['{"x":[}', ']}'], undefined],
  ])('are whole where the object closes: %s', async (_, pieces, expected) => {
    const events = pieces.map((piece, at) =>
      calls(call(at === 0 ? { id: 'a' } : {}, at === 0 ? 'f' : '', piece)),
    );
    const next = calls(call({}, 'f', textB));
    const { toolCalls } = await partialOf(...events, next, stop);

    expect(toolCalls.map(({ arguments: args }) => args)).toEqual(expected ? [expected, b] : []);
  });

  it.each<[string, object, object]>([
    [
      'look whole behind every piece',
      call({ index: 0, id: 'a' }, 'f', '{"x":"'),
      call({ index: 0 }, '', '{}'),
    ],
    ['bring the name again each time', call({}, 'f', '{"x":"'), call({}, 'f', '}')],
    ['have blanks without end', call({}, 'f', '{}'), call({}, '', ' ')],
  ])('are parsed once or twice, not at each piece, where they %s', (_, first, piece) => {
    const parse = vi.spyOn(JSON, 'parse');
    const mapper = mapEvents(() => undefined, { provider: 'openai', model: 'm' });
    mapper.event(calls(first));
    for (let at = 0; at < 1_000; at++) mapper.event(calls(piece));
    mapper.finish(true);
    const parsed = parse.mock.calls.length;
    parse.mockRestore();

    expect(parsed).toBeGreaterThan(0);
    expect(parsed).toBeLessThan(3);
  });

  it('are found by index and id however many there are', async () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ index, id: `id ${index % 5}` }));
    const events = [
      ...many.map((ids) => calls(call(ids, 'f', '{"x"'))),
      ...many.map((ids) => calls(call(ids, '', `:${ids.index}}`))),
    ];
    const { toolCalls } = await partialOf(...events, stop);

    expect(toolCalls.map(({ arguments: args }) => args['x'])).toEqual(many.map(({ index }) => index));
  });

  it('finish as tool-calls, whatever word the server has', async () => {
    expect((await finishOf(calls(call({ index: 0, id: 'a' }, 'f', textA)), stop)).reason).toBe('tool-calls');
  });

  it("carry Gemini's signature, which goes back with them", async () => {
    const extra = { google: { thought_signature: 's' } };
    const all = await map(calls({ ...call({ index: 0, id: 'a' }, 'f', textA), extra_content: extra }), stop);
    const response = new ResponseBuilder();
    for (const chunk of all) response.add(chunk);
    const answer: Message = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'f', result: 1 }],
    };
    const body = toBody('m', { messages: [response.message, answer], stream: true }, 'max_tokens');

    expect(body['messages']).toMatchObject([
      { tool_calls: [{ id: 'a', extra_content: extra }] },
      { role: 'tool' },
    ]);
  });
});

describe('a request as the body of Chat Completions', () => {
  const bodyOf = (request: Partial<ModelRequest>) =>
    JSON.parse(
      JSON.stringify(
        toBody(
          'm',
          { messages: [{ role: 'user', content: 'Hi' }], stream: true, ...request },
          'max_completion_tokens',
        ),
      ),
    ) as unknown;

  it('has every parameter under its name', () => {
    expect(
      bodyOf({
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 10,
        stop: ['###'],
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        thinkingEffort: 'max',
        seed: 7,
        parallelToolCalls: false,
        toolChoice: { toolName: 'weather' },
        tools: [{ name: 'weather', description: 'W', parameters: z.object({ city: z.string() }) }],
        outputSchema: z.object({ city: z.string() }),
        providerOptions: { user: 'u' },
      }),
    ).toMatchObject({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.5,
      top_p: 0.9,
      max_completion_tokens: 10,
      stop: ['###'],
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      reasoning_effort: 'xhigh',
      seed: 7,
      parallel_tool_calls: false,
      tool_choice: { type: 'function', function: { name: 'weather' } },
      tools: [{ type: 'function', function: { name: 'weather', description: 'W' } }],
      response_format: { type: 'json_schema', json_schema: { name: 'output', strict: true } },
      stream: true,
      stream_options: { include_usage: true },
      user: 'u',
    });
  });

  it('asks for no usage apart where it asks for the whole answer', () => {
    expect(bodyOf({ stream: false, toolChoice: 'auto' })).not.toHaveProperty('stream_options');
  });

  it('is not strict where a property is optional', () => {
    expect(bodyOf({ outputSchema: z.object({ city: z.string().optional() }) })).toMatchObject({
      response_format: { json_schema: { strict: false } },
    });
  });

  it('has the whole conversation: images, calls, results and thinking of its own', () => {
    const details = [{ type: 'reasoning.text', text: 'hm', signature: 's' }];
    const messages: Message[] = [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', image: 'QUJD' },
          { type: 'image', image: 'https://example.org/a.png' },
        ],
      },
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            text: 'hm',
            kind: 'thinking',
            signature: { format: 'openai-chat', data: { reasoning_details: details } },
          },
          {
            type: 'thinking',
            text: 'other',
            kind: 'thinking',
            signature: { format: 'anthropic', data: 's' },
          },
          { type: 'tool-call', toolCallId: 'a', toolName: 'weather', arguments: { city: 'Bern' } },
          {
            type: 'tool-call-invalid',
            toolCallId: 'b',
            toolName: 'weather',
            argumentsText: '{',
            reason: 'incomplete',
          },
          {
            type: 'tool-call-invalid',
            toolCallId: 'c',
            toolName: 'weather',
            argumentsText: '{',
            reason: 'incomplete',
          },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'weather', result: { sky: 'clear' } },
          { type: 'tool-result', toolCallId: 'b', toolName: 'weather', result: undefined },
        ],
      },
      { role: 'assistant', content: [{ type: 'refusal', text: 'No.' }] },
      { role: 'assistant', content: 'Fine.' },
      { role: 'assistant', content: '' },
    ];
    const call = (id: string, text: string) => ({
      id,
      type: 'function',
      function: { name: 'weather', arguments: text },
    });

    expect(bodyOf({ messages })).toMatchObject({
      messages: [
        { role: 'system', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [call('a', '{"city":"Bern"}'), call('b', '{}')],
          reasoning_details: details,
        },
        { role: 'tool', tool_call_id: 'a', content: '{"sky":"clear"}' },
        { role: 'tool', tool_call_id: 'b', content: '' },
        { role: 'assistant', content: '', refusal: 'No.' },
        { role: 'assistant', content: 'Fine.' },
        { role: 'assistant', content: '' },
      ],
    });
  });

  it('gives DeepSeek its thinking back between tool calls', async () => {
    const all = await map(
      delta({ reasoning_content: 'hm' }),
      calls({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      stop,
    );
    const response = new ResponseBuilder();
    for (const chunk of all) response.add(chunk);

    expect(bodyOf({ messages: [response.message] })).toMatchObject({
      messages: [{ reasoning_content: 'hm' }],
    });
  });
});
