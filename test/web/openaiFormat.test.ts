import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { map, type SchedulerLike } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import type { RunState } from '../../src/runState.ts';
import { ProviderError } from '../../src/errors.ts';
import { openaiFormat, type OpenaiOptions } from '../../web/openaiFormat.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { it } from '../marbles.ts';
import { behavesAsFormat } from './formatContract.ts';
import { failing, finish, say, start, think, toolCall, toolResult } from './said.ts';
import { encode } from './wire.ts';

/** What the client is told, event by event: deltas, finish reasons and usages. */
async function told(source: readonly StreamChunk[], options?: OpenaiOptions): Promise<unknown[]> {
  const events = (await encode(openaiFormat(options), source)).split('\n\n').slice(0, -1);
  expect(events.pop()).toBe('data: [DONE]');
  return events
    .map((event) => JSON.parse(event.slice('data: '.length)) as ChatCompletionChunk)
    .map(({ choices: [choice], usage }) => choice?.finish_reason ?? choice?.delta ?? usage);
}

const role = { role: 'assistant', content: '' };

describe('openaiFormat', () => {
  behavesAsFormat('openaiFormat', () => openaiFormat({ id: 'chatcmpl-1' }));

  it('writes each chunk when it comes, and the end at the end', (m) => {
    const { s, a, f } = chunks;
    const written = m.cold('s-a--f-|', { s, a, f }).pipe(
      openaiFormat().encode,
      map((piece) => /"(role|content|stop)"|DONE/.exec(piece)?.[0]),
    );

    m.expect(written).toBeObservable('r-c----(sd|)', { r: '"role"', c: '"content"', s: '"stop"', d: 'DONE' });
  });

  it('writes what every chunk of an answer has', (m) => {
    const clock = { now: { value: () => 1_700_000_000_999 } };
    const options = { model: 'asked', scheduler: Object.create(m.scheduler, clock) as SchedulerLike };
    const source = m.cold('(sa|)', { s: { ...start, responseId: 'chatcmpl-1' }, a: say('Hi') });
    const written = source.pipe(openaiFormat(options).encode);
    const same = '"id":"chatcmpl-1","created":1700000000,"model":"asked","object":"chat.completion.chunk"';
    const event = (delta: string, reason = 'null') =>
      `data: {${same},"choices":[{"index":0,"delta":${delta},"finish_reason":${reason},"logprobs":null}]}\n\n`;

    m.expect(written).toBeObservable('(rafd|)', {
      r: event('{"role":"assistant","content":""}'),
      a: event('{"content":"Hi"}'),
      f: event('{}', '"stop"'),
      d: 'data: [DONE]\n\n',
    });
  });

  plainIt('makes an id of its own where the provider gives none, one for the whole answer', async () => {
    const written = await encode(openaiFormat(), [start, say('Hi'), finish()]);
    const ids = new Set(Array.from(written.matchAll(/"id":"([^"]+)"/g), ([, id]) => id));

    expect([...ids]).toStrictEqual([expect.stringMatching(/^chatcmpl-[\da-f-]{36}$/)]);
    expect(written).toContain('"model":"test-1"');
  });

  plainIt('says thinking as reasoning_content, its blocks set apart, and a refusal as one', async () => {
    const source = [
      start,
      think('a'),
      think('b'),
      think('c', 1),
      { type: 'refusal-delta', text: 'no', block: 2 },
    ];

    expect(await told([...(source as StreamChunk[]), finish('refusal')])).toStrictEqual([
      role,
      { reasoning_content: 'a' },
      { reasoning_content: 'b' },
      { reasoning_content: '\n\nc' },
      { refusal: 'no' },
      'stop',
    ]);
  });

  plainIt.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['limit', 'length'],
    ['content-filter', 'content_filter'],
    ['aborted', 'stop'],
    ['tool-calls', 'stop'],
  ] as const)('ends after %s with %s', async (reason, word) => {
    expect((await told([start, finish(reason)])).at(-1)).toBe(word);
  });

  plainIt('hands over the calls of the tools that the client runs, and no others', async () => {
    const source = [
      start,
      ...toolCall('weather', 0),
      ...toolCall('web_search', 1),
      ...toolCall('time', 2),
      finish('tool-calls'),
    ];
    const call = (index: number, id: string, name: string) => ({
      tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
    });
    const piece = (index: number, text: string) => ({
      tool_calls: [{ index, function: { arguments: text } }],
    });

    expect(await told(source, { tools: ['weather', 'time'] })).toStrictEqual([
      role,
      call(0, 'call_weather', 'weather'),
      piece(0, '{"city":'),
      piece(0, '"Bern"}'),
      call(1, 'call_time', 'time'),
      piece(1, '{"city":'),
      piece(1, '"Bern"}'),
      'tool_calls',
    ]);
  });

  plainIt('gives the arguments whole where they did not come in pieces', async () => {
    const whole = toolCall('weather', 0).filter(({ type }) => type !== 'tool-call-delta');
    const invalid: StreamChunk[] = [
      { type: 'tool-call-start', toolCallId: 'x', toolName: 'weather', block: 1 },
      {
        type: 'tool-call-invalid',
        toolCallId: 'x',
        toolName: 'weather',
        argumentsText: '{"c',
        reason: 'incomplete',
        block: 1,
      },
    ];

    expect(await told([start, ...whole, ...invalid, finish('length')], { tools: ['weather'] })).toMatchObject(
      [
        role,
        { tool_calls: [{ index: 0, id: 'call_weather' }] },
        { tool_calls: [{ index: 0, function: { arguments: '{"city":"Bern"}' } }] },
        { tool_calls: [{ index: 1, id: 'x' }] },
        { tool_calls: [{ index: 1, function: { arguments: '{"c' } }] },
        'length',
      ],
    );
  });

  const rounds: StreamChunk[] = [
    { ...start, agent: 'agent', round: 1 },
    say('Let me see.'),
    ...toolCall('weather', 1),
    finish('tool-calls', { inputTokens: 10, outputTokens: 2, totalTokens: 12, cachedInputTokens: 4 }),
    { type: 'message', message: { role: 'assistant', content: 'Let me see.' } },
    { type: 'tool-progress', toolCallId: 'call_weather', toolName: 'weather', value: 'asking' },
    toolResult('weather', { sky: 'blue' }),
    { ...start, agent: 'agent', round: 2 },
    say('It is '),
    say('sunny.'),
    finish('stop', { inputTokens: 20, outputTokens: 5, totalTokens: 25, thinkingTokens: 1 }),
  ];
  const runFinish = { type: 'run-finish', reason: 'stop', durationMs: 1, rounds: 2 } as const;

  plainIt('says what an agent says in all rounds as one message, and nothing of its tools', async () => {
    expect(await told([...rounds, runFinish], { tools: ['weather'], includeUsage: true })).toStrictEqual([
      role,
      { content: 'Let me see.' },
      { content: '\n\nIt is ' },
      { content: 'sunny.' },
      'stop',
      {
        prompt_tokens: 30,
        completion_tokens: 7,
        total_tokens: 37,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    ]);
  });

  plainIt('tells as thinking what the tools did, where it is to', async () => {
    const text = toolResult('weather', 'sunny');

    expect(await told([...rounds.slice(0, -4), text, finish()], { showToolRuns: true })).toStrictEqual(
      [
        role,
        { content: 'Let me see.' },
        { reasoning_content: 'weather({"city":"Bern"}) → {"sky":"blue"}' },
        { reasoning_content: '\n\nweather() → sunny' },
        'stop',
      ].map((one, at) =>
        at === 3 ? { reasoning_content: expect.stringContaining('sunny') as unknown } : one,
      ),
    );
  });

  plainIt('hands over the calls that an agent leaves to the client', async () => {
    const call = {
      type: 'tool-call',
      toolCallId: 'c1',
      toolName: 'weather',
      arguments: { city: 'Bern' },
    } as const;
    const state: RunState = {
      version: 1,
      agent: 'agent',
      provider: 'test',
      model: 'test-1',
      messages: [],
      results: [],
      waiting: [call, { ...call, toolCallId: 'c2', toolName: 'pay' }],
      approved: [],
      rounds: 1,
      durationMs: 1,
    };
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    const paused: StreamChunk = { ...runFinish, reason: 'pause', usage, state };

    expect(
      await told([...rounds.slice(0, 6), paused], { tools: ['weather'], includeUsage: true }),
    ).toStrictEqual([
      role,
      { content: 'Let me see.' },
      {
        tool_calls: [
          {
            index: 0,
            id: 'c1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Bern"}' },
          },
        ],
      },
      'tool_calls',
      { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    ]);
  });

  plainIt('tells the usage in an event of its own, null before', async () => {
    const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
    const written = await encode(openaiFormat({ includeUsage: true }), [start, finish('stop', usage)]);

    expect(/"choices":\[\].*/.exec(written)?.[0]).toContain('"usage":{"prompt_tokens":3');
    expect(written.match(/"usage":null/g)).toHaveLength(2);
    expect(await encode(openaiFormat(), [start, finish()])).not.toContain('usage');
  });

  plainIt('tells no usage where none is known', async () => {
    const written = await encode(openaiFormat({ includeUsage: true }), [start, finish()]);

    expect(written).not.toContain('prompt_tokens');
    expect(written).not.toContain('"choices":[]');
  });

  plainIt('writes an error as the last event, without the end marker', async () => {
    const error = new ProviderError('busy', { status: 429, code: 'rate_limit_exceeded', retryable: true });
    const event =
      'data: {"error":{"message":"busy","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}\n\n';

    const [, ...behindRole] = (await encode(openaiFormat(), failing(error, start))).split(/(?<=\n\n)/);

    expect(behindRole).toStrictEqual([event]);
    expect(await encode(openaiFormat(), [{ type: 'error', error: error.toJSON() }])).toBe(event);
  });

  plainIt('ends with an error where text would have to be taken back', async () => {
    const written = await encode(openaiFormat(), [
      start,
      say('a'),
      restartWith({}),
      start,
      say('b'),
      finish(),
    ]);

    expect(written).toMatch(
      /"message":"A retry voids output that has been delivered, after StreamInterruptedError: cut"/,
    );
    expect(written).not.toMatch(/DONE|"b"/);
  });

  plainIt('takes no notice of a restart that voids nothing that was written', async () => {
    const source = [
      start,
      say('', 0),
      restartWith({}),
      start,
      say('a'),
      finish(),
      restartWith({}),
      start,
      finish(),
    ];

    expect(await told(source)).toStrictEqual([role, { content: 'a' }, 'stop']);
    expect(cut.message).toBe('cut');
  });
});
