import { AzureOpenAI } from 'openai';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/openai/events.ts';
import { toBody } from '../../providers/openai/request.ts';
import { openai, type OpenAIOptions } from '../../providers/openai.ts';
import type { WireError } from '../../providers/wire/wireError.ts';
import type { AssistantMessage, FinishChunk, Message, ModelRequest, StreamChunk } from '../../src/index.ts';
import { ResponseBuilder } from '../../src/response.ts';

const facts = { provider: 'openai', model: 'asked' };
const opened = { id: 'resp_1', object: 'response', model: 'test-1', status: 'in_progress', output: [] };
const created = { type: 'response.created', response: opened };
const usage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 8,
};

function completed(more: object = {}): object {
  return { type: 'response.completed', response: { ...opened, status: 'completed', ...more } };
}

function incomplete(reason: string | null, more: object = {}): object {
  const details = reason === null ? null : { reason };
  return {
    type: 'response.incomplete',
    response: { ...opened, status: 'incomplete', incomplete_details: details, ...more },
  };
}

function added(item: object, index = 0): object {
  return { type: 'response.output_item.added', output_index: index, item };
}

function done(item: object, index = 0): object {
  return { type: 'response.output_item.done', output_index: index, item };
}

function text(delta: string, index = 0, part = 0): object {
  return { type: 'response.output_text.delta', output_index: index, content_index: part, delta };
}

function args(delta: string, index = 0): object {
  return { type: 'response.function_call_arguments.delta', output_index: index, delta };
}

function message(...content: object[]): object {
  return { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content };
}

function outputText(words: string, annotations: object[] = []): object {
  return { type: 'output_text', text: words, annotations };
}

const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '' };
const wholeCall = { ...call, arguments: '{"city":"Bern"}', status: 'completed' };
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
const encrypted = { ...reasoning, encrypted_content: 'secret' };

interface Mapped {
  readonly chunks: readonly StreamChunk[];
  readonly error?: WireError;
}

/** The chunks of some events, the finish among them if the events brought it; they obey the grammar. */
function map(...events: object[]): Mapped {
  return mapNamed(...events.map((event) => [event] as const));
}

function mapNamed(...events: (readonly [event: object, name?: string])[]): Mapped {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
  let error: WireError | undefined;
  try {
    const ended = events.some(([event, name]) => mapper.event(event, name));
    const finish = mapper.finish(false);
    if (ended !== (finish !== undefined)) throw new Error('The finish must follow the last event');
    if (finish) chunks.push(finish);
  } catch (thrown) {
    error = thrown as WireError;
  }
  const failures: unknown[] = [];
  const whole = chunks.at(-1)?.type === 'finish' ? chunks : [];
  from(whole)
    .pipe(verifyGrammar())
    .subscribe({ error: (failure: unknown) => failures.push(failure) });
  expect(failures).toEqual([]);
  return { chunks, ...(error && { error }) };
}

/** What stands between `start` and `finish`. */
function contentOf(...events: object[]): readonly StreamChunk[] {
  return map(...events, completed()).chunks.slice(1, -1);
}

function finishOf(...events: object[]): FinishChunk | undefined {
  return map(...events).chunks.find((chunk) => chunk.type === 'finish');
}

/** The message that the response reducer makes of an answer. */
function answerOf(...events: object[]): AssistantMessage {
  const builder = new ResponseBuilder();
  for (const chunk of map(...events, completed()).chunks) builder.add(chunk);
  return builder.message;
}

/** The input that is sent for some messages. */
function inputOf(...messages: Message[]): unknown {
  return toBody('test-1', { messages, stream: true }, false)['input'];
}

describe('mapEvents of openai: the call', () => {
  it('starts once, with the id and the model of the answer', () => {
    expect(map(created, { type: 'response.in_progress', response: opened }).chunks).toEqual([
      { type: 'start', provider: 'openai', model: 'test-1', responseId: 'resp_1' },
    ]);
  });

  it('starts with the model that was asked when a resumed stream has no opening event', () => {
    expect(map(text('lo'), completed()).chunks[0]).toEqual({
      type: 'start',
      provider: 'openai',
      model: 'asked',
    });
  });

  it('starts with the request id and the model that was asked when the server names none', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), { ...facts, requestId: 'req-1' });
    mapper.start({ type: 'response.created', response: { id: '', model: '' } });
    mapper.start(created);

    expect(chunks).toEqual([{ type: 'start', provider: 'openai', model: 'asked', requestId: 'req-1' }]);
  });

  it('passes over keepalives, queueing, progress of tools and what it does not know', () => {
    const events = [
      { type: 'keepalive', sequence_number: 3 },
      { type: 'response.queued', response: { ...opened, status: 'queued' } },
      { type: 'response.web_search_call.searching', output_index: 0 },
      { type: 'response.tomorrow', output_index: 0, delta: 'x' },
      { type: 'response.output_item.added', output_index: 0, item: null },
      { type: 'response.output_item.done', output_index: 0 },
      { type: 'response.output_text.annotation.added', output_index: 0, annotation: null },
      { type: 'response.content_part.done', output_index: 0 },
      {},
    ];

    expect(contentOf(...events)).toEqual([]);
  });

  it('finishes with the status, the usage and what only this provider tells', () => {
    const logprobs = [{ token: 'a', logprob: -1 }];
    const { chunks } = map(
      created,
      { ...text('a'), logprobs },
      completed({ usage, service_tier: 'default', content_filters: [{ blocked: false }] }),
    );
    const expected = {
      inputTokens: 3,
      outputTokens: 5,
      totalTokens: 8,
      thinkingTokens: 4,
      cachedInputTokens: 1,
      cacheWriteTokens: 2,
      raw: usage,
    };

    expect(chunks.slice(-2)).toEqual([
      { type: 'usage', usage: expected },
      {
        type: 'finish',
        reason: 'stop',
        rawReason: 'completed',
        usage: expected,
        metadata: { serviceTier: 'default', contentFilters: [{ blocked: false }], logprobs },
      },
    ]);
  });

  it('takes absent counts for 0 and sums up a total that is not told', () => {
    expect(finishOf(completed({ usage: { output_tokens: 5 } }))?.usage).toEqual({
      inputTokens: 0,
      outputTokens: 5,
      totalTokens: 5,
      raw: { output_tokens: 5 },
    });
    expect(finishOf(completed({ usage: { input_tokens: 2 } }))?.usage?.totalTokens).toBe(2);
  });

  it('has no finish when the events end before the response does', () => {
    expect(finishOf(created, text('Hel'))).toBeUndefined();
  });

  it('finishes as other at an end sentinel without the end of the response', () => {
    const mapper = mapEvents(() => undefined, facts);
    mapper.event(text('Hel'));

    expect(mapper.finish(true)).toEqual({ type: 'finish', reason: 'other', metadata: {} });
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['steered', 'other'],
  ])('finishes an answer that is incomplete for %s with reason %s', (reason, expected) => {
    expect(finishOf(created, text('Hel'), incomplete(reason))).toEqual({
      type: 'finish',
      reason: expected,
      rawReason: 'incomplete',
      metadata: { incompleteReason: reason },
    });
  });

  it('finishes as other when nobody says why the answer is incomplete', () => {
    expect(finishOf(incomplete(null))).toMatchObject({ reason: 'other', metadata: {} });
  });

  it('takes the word of the event when the response has no final status', () => {
    expect(finishOf({ type: 'response.completed' })?.rawReason).toBe('completed');
    expect(finishOf(completed({ status: 'in_progress' }))?.rawReason).toBe('completed');
    expect(finishOf(completed({ status: 'incomplete' }))?.rawReason).toBe('incomplete');
  });

  it('finishes a response that was cancelled as aborted', () => {
    const cancelled = { type: 'response.cancelled', response: { ...opened, status: 'cancelled' } };

    expect(finishOf(cancelled)).toMatchObject({ reason: 'aborted', rawReason: 'cancelled' });
  });

  it('goes by the event line when the data has no type', () => {
    const { chunks } = mapNamed(
      [{ output_index: 0, content_index: 0, delta: 'a' }, 'response.output_text.delta'],
      [{ response: opened }, 'response.completed'],
    );

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'text-delta', 'finish']);
  });
});

describe('mapEvents of openai: text', () => {
  it('gives the text as it streams and does not repeat it when parts and items close', () => {
    const whole = 'Hello';
    const events = [
      added(message()),
      { type: 'response.content_part.added', output_index: 0, content_index: 0, part: outputText('') },
      text('Hel'),
      text(''),
      text('lo'),
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: whole },
      { type: 'response.content_part.done', output_index: 0, content_index: 0, part: outputText(whole) },
      done(message(outputText(whole))),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hel', block: 0 },
      { type: 'text-delta', text: 'lo', block: 0 },
    ]);
  });

  it.each([
    ['output_text.done', { type: 'response.output_text.done', output_index: 0, text: 'Hello' }],
    ['content_part.done', { type: 'response.content_part.done', output_index: 0, part: outputText('Hello') }],
    ['output_item.done', done(message(outputText('Hello')))],
  ])('takes a text that only comes in %s', (_, event) => {
    const closing = done(message(outputText('Hello')));

    expect(contentOf(created, event, closing)).toEqual([{ type: 'text-delta', text: 'Hello', block: 0 }]);
  });

  it('does not repeat a text whose parts the stream counts from 1 (Bedrock)', () => {
    const annotation = { type: 'url_citation', url: 'https://a.example' };
    const events = [text('Hello', 0, 1), done(message(outputText('Hello', [annotation])))];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hello', block: 0 },
      { type: 'source', block: 0, url: 'https://a.example', raw: annotation },
    ]);
  });

  it('takes a part that only comes with its item and stands behind the streamed one', () => {
    const events = [text('a'), done(message(outputText('a'), outputText('b'), { type: 'new' }, {}))];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'a', block: 0 },
      { type: 'text-delta', text: 'b', block: 1 },
    ]);
  });

  it('gives only the rest when a stream is resumed in the middle of a text', () => {
    const events = [
      text('lo', 0, 1),
      { type: 'response.output_text.done', output_index: 0, content_index: 1, text: 'Hello' },
      done(message(outputText('Before'), outputText('Hello'))),
    ];

    expect(contentOf(...events)).toEqual([{ type: 'text-delta', text: 'lo', block: 0 }]);
  });

  it('gives the two messages of a response blocks of their own, with their phases', () => {
    const commentary = { ...message(outputText('Wait.')), id: 'msg_1', phase: 'commentary' };
    const final = { ...message(outputText('Done.')), id: 'msg_2', phase: 'final_answer' };
    const events = [
      added(commentary),
      text('Wait.'),
      done(commentary),
      added(final, 1),
      text('Done.', 1),
      done(final, 1),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Wait.', block: 0 },
      {
        type: 'thinking-signature',
        block: 0,
        format: 'openai',
        data: { type: 'message', id: 'msg_1', phase: 'commentary' },
      },
      { type: 'text-delta', text: 'Done.', block: 1 },
      {
        type: 'thinking-signature',
        block: 1,
        format: 'openai',
        data: { type: 'message', id: 'msg_2', phase: 'final_answer' },
      },
    ]);
  });

  it('keys by the place in the output when every event has other ids (GitHub Copilot)', () => {
    const events = [
      added({ ...message(), id: 'a' }),
      { ...text('Hel'), item_id: 'b' },
      { ...text('lo'), item_id: 'c' },
      done({ ...message(outputText('Hello')), id: 'd' }),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hel', block: 0 },
      { type: 'text-delta', text: 'lo', block: 0 },
    ]);
  });

  it('belongs to the latest item when an event names no place', () => {
    const { output_index: _, ...nowhere } = text('b', 1) as { output_index: number };

    expect(contentOf(created, text('a', 1), nowhere)).toEqual([
      { type: 'text-delta', text: 'a', block: 0 },
      { type: 'text-delta', text: 'b', block: 0 },
    ]);
  });

  it('takes items from the stream when the final output is empty (ChatGPT)', () => {
    expect(map(created, text('Hello'), completed({ output: [] })).chunks[1]).toEqual({
      type: 'text-delta',
      text: 'Hello',
      block: 0,
    });
  });

  it('takes the final output when nothing was streamed', () => {
    const { chunks } = map(created, completed({ output: [message(outputText('Hello'))] }));

    expect(chunks[1]).toEqual({ type: 'text-delta', text: 'Hello', block: 0 });
  });

  it('takes no item of the final output that the stream did not name', () => {
    const output = [reasoning, message(outputText('Hello')), wholeCall];

    expect(map(created, text('Hello', 1), completed({ output })).chunks.slice(1, -1)).toEqual([
      { type: 'text-delta', text: 'Hello', block: 0 },
    ]);
  });

  it('gives refusals as such, streamed or whole, and finishes with refusal', () => {
    const at = { output_index: 0, content_index: 0 };
    const streamed = [
      { type: 'response.refusal.delta', ...at, delta: "I can't" },
      { type: 'response.refusal.done', ...at, refusal: "I can't" },
      done(message({ type: 'refusal', refusal: "I can't" })),
      completed(),
    ];
    const whole = [{ type: 'response.refusal.done', ...at, refusal: "I can't" }, completed()];

    for (const events of [streamed, whole, streamed.slice(2)]) {
      const { chunks } = map(created, ...events);
      expect(chunks[1]).toEqual({ type: 'refusal-delta', text: "I can't", block: 0 });
      expect(chunks[2]).toMatchObject({ type: 'finish', reason: 'refusal', rawReason: 'completed' });
    }
  });

  it('finishes with stop when a refusal stands beside text', () => {
    const refusal = { type: 'response.refusal.delta', output_index: 0, content_index: 1, delta: 'no' };

    expect(finishOf(text('yes'), refusal, completed())?.reason).toBe('stop');
  });
});

describe('mapEvents of openai: sources', () => {
  const page = {
    type: 'url_citation',
    url: 'https://a.example',
    title: 'A',
    start_index: 1,
    end_index: 4,
  };
  const file = { type: 'file_citation', file_id: 'file_1', filename: 'a.pdf', index: 3 };
  const source = { type: 'response.output_text.annotation.added', output_index: 0, content_index: 0 };

  it('gives pages with their span and files with their name', () => {
    expect(
      contentOf(created, text('abcd'), { ...source, annotation: page }, { ...source, annotation: file }),
    ).toEqual([
      { type: 'text-delta', text: 'abcd', block: 0 },
      {
        type: 'source',
        block: 0,
        url: 'https://a.example',
        title: 'A',
        span: { start: 1, end: 4 },
        raw: page,
      },
      { type: 'source', block: 0, title: 'a.pdf', raw: file },
    ]);
  });

  it('takes those that come only with the item, and none twice', () => {
    const whole = done(message(outputText('abcd', [page, file])));
    const sources = contentOf(created, text('abcd'), { ...source, annotation: page }, whole).slice(1);

    expect(sources.map((chunk) => 'title' in chunk && chunk.title)).toEqual(['A', 'a.pdf']);
  });

  it('keeps one that comes before its text in the block of the text', () => {
    const { content_index: _, ...early } = source;

    expect(contentOf(created, { ...early, annotation: file }, text('abcd'))).toMatchObject([
      { type: 'source', block: 0 },
      { type: 'text-delta', block: 0 },
    ]);
  });

  it('keeps one whose text never comes', () => {
    const whole = done(message({ type: 'output_text', text: null, annotations: [page] }, { type: 'x' }));

    expect(contentOf(created, whole)).toMatchObject([{ type: 'source', block: 0, title: 'A' }]);
  });
});

describe('mapEvents of openai: thinking', () => {
  const summary = (delta: string, part: number) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index: part,
    delta,
  });

  it('gives each part of a summary a block and the encrypted item to the last one', () => {
    const item = {
      ...encrypted,
      status: 'completed',
      summary: [
        { type: 'summary_text', text: 'First' },
        { type: 'summary_text', text: 'Then' },
      ],
    };
    const { status: _, ...data } = item;
    const events = [
      added(reasoning),
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 0, part: {} },
      summary('Fir', 0),
      summary('st', 0),
      { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'First' },
      {
        type: 'response.reasoning_summary_part.done',
        output_index: 0,
        summary_index: 0,
        part: item.summary[0],
      },
      summary('Then', 1),
      done(item),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'thinking-delta', text: 'Fir', block: 0, kind: 'summary' },
      { type: 'thinking-delta', text: 'st', block: 0, kind: 'summary' },
      { type: 'thinking-delta', text: 'Then', block: 1, kind: 'summary' },
      { type: 'thinking-signature', block: 1, format: 'openai', data },
    ]);
  });

  it('takes a summary that only comes whole', () => {
    const part = { type: 'summary_text', text: 'So' };
    const expected = [{ type: 'thinking-delta', text: 'So', block: 0, kind: 'summary' }];

    for (const event of [
      { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'So' },
      { type: 'response.reasoning_summary_part.done', output_index: 0, summary_index: 0, part },
      done({ ...reasoning, summary: [part] }),
    ]) {
      expect(contentOf(created, event, done({ ...reasoning, summary: [part] }))).toEqual(expected);
    }
  });

  it('gives the model’s own words as thinking, once, and keeps the item that holds them (DeepSeek)', () => {
    const item = { ...reasoning, content: [{ type: 'reasoning_text', text: 'Hm' }] };
    const streamed = [
      added({ ...reasoning, content: [] }),
      { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'Hm' },
      { type: 'response.reasoning_text.done', output_index: 0, content_index: 0, text: 'Hm' },
      {
        type: 'response.content_part.done',
        output_index: 0,
        content_index: 0,
        part: { type: 'reasoning_text', text: 'Hm' },
      },
      done(item),
    ];
    const expected = [
      { type: 'thinking-delta', text: 'Hm', block: 0, kind: 'thinking' },
      { type: 'thinking-signature', block: 0, format: 'openai', data: item },
    ];

    expect(contentOf(created, ...streamed)).toEqual(expected);
    expect(contentOf(created, done(item))).toEqual(expected);
  });

  it('does not double words that stand both in the content and in the summary of an item', () => {
    const item = {
      ...reasoning,
      content: [{ type: 'reasoning_text', text: 'Hm' }],
      summary: [{ type: 'summary_text', text: 'Hm' }],
    };
    const thinking = (events: object[]) =>
      contentOf(created, ...events).filter(({ type }) => type === 'thinking-delta');

    expect(thinking([done(item)])).toMatchObject([{ text: 'Hm', kind: 'thinking' }]);
    expect(thinking([summary('Hm', 0), done(item)])).toMatchObject([{ text: 'Hm', kind: 'summary' }]);
  });

  it('gives an encrypted item without text a block of its own', () => {
    const events = [added(encrypted), done(encrypted), text('Hello', 1)];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'thinking-signature', block: 0, format: 'openai', data: encrypted },
      { type: 'text-delta', text: 'Hello', block: 1 },
    ]);
  });

  it('keeps a bare item only where the server stores the answer, since it is found by its id', () => {
    const stored = { type: 'response.created', response: { ...opened, store: true } };

    expect(contentOf(created, done(reasoning))).toEqual([]);
    expect(contentOf(stored, done(reasoning))).toMatchObject([{ data: reasoning }]);
  });

  it('finishes an answer that ran out of tokens while it thought', () => {
    const { chunks } = map(created, added(encrypted), incomplete('max_output_tokens', { usage }));

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'usage', 'finish']);
    expect(chunks.at(-1)).toMatchObject({ reason: 'length' });
  });
});

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

describe('mapEvents of openai: errors', () => {
  const error = { type: 'server_error', code: 'server_error', message: 'overloaded', param: null };
  const failed = {
    type: 'response.failed',
    response: { ...opened, status: 'failed', error: { code: 'server_error', message: 'overloaded' } },
  };

  it.each([
    ['nested', [{ type: 'error', sequence_number: 3, error }, failed]],
    ['flat', [{ ...error, type: 'error' }, failed]],
    ['of the response', [failed]],
    ['without type', [{ error }]],
  ])('throws an error that is %s, once', (_, events) => {
    const { error: thrown } = map(created, text('Hel'), ...events);

    expect(thrown?.message).toBe('overloaded');
    expect(thrown?.details.code).toBe('server_error');
  });

  it('throws an error that only the event line names', () => {
    expect(mapNamed([{ type: 'server_error', message: 'overloaded' }, 'error']).error?.message).toBe(
      'overloaded',
    );
  });

  it('throws where a failed response does not say why', () => {
    const silent = { type: 'response.failed', response: { ...opened, status: 'failed', error: null } };

    expect(map(created, silent).error?.message).toBe('The response failed');
  });

  it('tells the usage of a failed response, but none of its calls', () => {
    const { chunks } = map(created, {
      type: 'response.failed',
      response: { ...failed.response, usage, output: [wholeCall] },
    });

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'usage']);
  });
});

describe('mapEvents of openai: a whole response', () => {
  it('gives the chunks of the same answer streamed', () => {
    const output = [encrypted, message(outputText('Hello')), wholeCall];
    const response = { ...opened, status: 'completed', output, usage, service_tier: 'flex' };
    const streamed = map(
      created,
      ...output.map((item, index) => done(item, index)),
      completed({ usage, service_tier: 'flex' }),
    );

    expect(map(response).chunks).toEqual(streamed.chunks);
    expect(streamed.chunks.at(-1)).toMatchObject({ reason: 'tool-calls', rawReason: 'completed' });
  });

  it('is told by its output where the server names no kind of object', () => {
    expect(map({ id: 'resp_1', model: 'm', output: [message(outputText('Hello'))] }).chunks).toMatchObject([
      { type: 'start', responseId: 'resp_1', model: 'm' },
      { type: 'text-delta', text: 'Hello' },
      { type: 'finish', reason: 'stop', rawReason: 'completed' },
    ]);
  });

  it('throws when it has failed', () => {
    const response = { ...opened, status: 'failed', error: { code: 'server_error', message: 'no' } };

    expect(map(response).error?.message).toBe('no');
  });

  it('finishes as other when the answer is still being made in the background', () => {
    expect(finishOf({ ...opened, status: 'queued', output: null })).toMatchObject({
      reason: 'other',
      rawReason: 'queued',
    });
  });
});

describe('toBody of openai', () => {
  const messages: Message[] = [{ role: 'user', content: 'Hi' }];
  const body = (request: Partial<ModelRequest> = {}, thinks = false) =>
    JSON.parse(JSON.stringify(toBody('test-1', { messages, stream: true, ...request }, thinks))) as Record<
      string,
      unknown
    >;

  it('sends model, input and stream, and nothing that was not asked for', () => {
    expect(body()).toEqual({ model: 'test-1', input: [{ role: 'user', content: 'Hi' }], stream: true });
  });

  it('names limits, sampling and tools as Responses does, and keeps functions unstrict', () => {
    const parameters = z.object({ city: z.string().optional() });

    expect(
      body({
        tools: [{ name: 'weather', description: 'Tells it', parameters }],
        toolChoice: { toolName: 'weather' },
        parallelToolCalls: false,
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 100,
        stream: false,
      }),
    ).toMatchObject({
      tools: [
        {
          type: 'function',
          name: 'weather',
          description: 'Tells it',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
          strict: false,
        },
      ],
      tool_choice: { type: 'function', name: 'weather' },
      parallel_tool_calls: false,
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 100,
      stream: false,
    });
    expect(body({ toolChoice: 'required' })).toMatchObject({ tool_choice: 'required' });
  });

  it('does not send what Responses does not know', () => {
    expect(body({ stop: ['x'], seed: 1, frequencyPenalty: 1, presencePenalty: 1 })).toEqual(body());
  });

  it('asks for structured output by its schema, strictly where it can', () => {
    const strict = z.object({ city: z.string() });
    const loose = z.object({ city: z.string().optional() });

    expect(body({ outputSchema: strict })).toMatchObject({
      text: {
        format: {
          type: 'json_schema',
          name: 'output',
          strict: true,
          schema: { additionalProperties: false },
        },
      },
    });
    expect(body({ outputSchema: loose })).toMatchObject({ text: { format: { strict: false } } });
  });

  it('asks for a summary with an effort, and for none without thinking', () => {
    expect(body({ thinkingEffort: 'low' })['reasoning']).toEqual({ effort: 'low', summary: 'auto' });
    expect(body({ thinkingEffort: 'max' })['reasoning']).toEqual({ effort: 'xhigh', summary: 'auto' });
    expect(body({ thinkingEffort: 'none' })['reasoning']).toEqual({ effort: 'none' });
  });

  it('asks for encrypted reasoning only of a model that thinks', () => {
    expect(body({}, true)['include']).toEqual(['reasoning.encrypted_content']);
    expect(body({}, false)).not.toHaveProperty('include');
  });

  it('lays the provider options over everything', () => {
    const providerOptions = { include: [], temperature: 1, store: false };

    expect(body({ temperature: 0, providerOptions }, true)).toMatchObject(providerOptions);
  });
});

describe('toBody of openai: the conversation', () => {
  it('sends system messages, texts and images', () => {
    expect(
      inputOf(
        { role: 'system', content: 'Be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', image: 'AAAA' },
            { type: 'image', image: new URL('https://a.example/b.png') },
          ],
        },
      ),
    ).toEqual([
      { role: 'system', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
          { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'auto' },
        ],
      },
    ]);
  });

  it('sends an answer with calls and their results, in order', () => {
    expect(
      inputOf(
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me ' },
            { type: 'text', text: 'see.' },
            { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' } },
            {
              type: 'tool-call-invalid',
              toolCallId: 'call_2',
              toolName: 'weather',
              argumentsText: '{',
              reason: 'incomplete',
            },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', result: { degrees: 3 } },
            { type: 'tool-result', toolCallId: 'call_2', toolName: 'weather', result: 'bad', isError: true },
          ],
        },
        { role: 'assistant', content: 'Cold.' },
      ),
    ).toEqual([
      { type: 'message', role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
      { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '{"degrees":3}' },
      { type: 'function_call_output', call_id: 'call_2', output: 'bad' },
      { type: 'message', role: 'assistant', content: 'Cold.' },
    ]);
  });

  it('sends a refusal as such', () => {
    const content = [
      { type: 'text', text: 'Hm.' },
      { type: 'refusal', text: 'No.' },
    ] as const;

    expect(inputOf({ role: 'assistant', content })).toEqual([
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Hm.', annotations: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ]);
  });

  it('leaves out what only another provider understands', () => {
    expect(
      inputOf({
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            text: 'Hm',
            kind: 'thinking',
            signature: { format: 'anthropic', data: { signature: 'x' } },
          },
          { type: 'thinking', text: 'Hm', kind: 'thinking' },
          {
            type: 'tool-call',
            toolCallId: 'srvtoolu_1',
            toolName: 'web_search',
            arguments: {},
            providerExecuted: true,
          },
          {
            type: 'tool-result',
            toolCallId: 'srvtoolu_1',
            toolName: 'web_search',
            result: { type: 'web_search_tool_result', content: [] },
            providerExecuted: true,
          },
          { type: 'text', text: '' },
          { type: 'text', text: 'Hello' },
        ],
      }),
    ).toEqual([{ type: 'message', role: 'assistant', content: 'Hello' }]);
  });

  it('sends reasoning back verbatim before its item, which then has its id', () => {
    const item = { ...encrypted, summary: [{ type: 'summary_text', text: 'First' }] };
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { query: 'a' } };
    const other = { ...wholeCall, id: 'fc_2', call_id: 'call_2' };
    const answer = answerOf(
      created,
      ...[item, search, { ...encrypted, id: 'rs_2', status: 'completed' }, wholeCall, other].map(done),
    );

    expect(inputOf(JSON.parse(JSON.stringify(answer)) as Message)).toEqual([
      item,
      search,
      { ...encrypted, id: 'rs_2' },
      {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_1',
        name: 'weather',
        arguments: '{"city":"Bern"}',
      },
      {
        type: 'function_call',
        id: 'fc_2',
        call_id: 'call_2',
        name: 'weather',
        arguments: '{"city":"Bern"}',
      },
    ]);
  });

  it('sends messages behind reasoning with their ids and phases', () => {
    const commentary = { ...message(outputText('Wait.'), outputText(' Soon.')), phase: 'commentary' };
    const final = { ...message(outputText('Done.')), id: 'msg_2' };
    const answer = answerOf(created, ...[encrypted, commentary, final].map(done));

    expect(inputOf(answer)).toEqual([
      encrypted,
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        phase: 'commentary',
        content: [
          { type: 'output_text', text: 'Wait.', annotations: [] },
          { type: 'output_text', text: ' Soon.', annotations: [] },
        ],
      },
      {
        type: 'message',
        id: 'msg_2',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Done.', annotations: [] }],
      },
    ]);
  });

  it('sends no ids, yet the phases, once the reasoning was taken out', () => {
    const phased = { ...message(outputText('Wait.')), phase: 'commentary' };
    const answer = answerOf(created, ...[encrypted, phased, wholeCall].map(done));
    const parts = typeof answer.content === 'string' ? [] : answer.content;

    expect(inputOf({ ...answer, content: parts.filter(({ type }) => type !== 'thinking') })).toEqual([
      { type: 'message', role: 'assistant', phase: 'commentary', content: 'Wait.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
    ]);
  });

  it('leaves out reasoning that its item does not follow, which OpenAI refuses', () => {
    const twice = answerOf(created, ...[encrypted, { ...encrypted, id: 'rs_2' }, wholeCall].map(done));
    const cutOff = answerOf(created, done(encrypted));

    expect(inputOf(twice)).toMatchObject([{ id: 'rs_2' }, { type: 'function_call' }]);
    expect(inputOf(cutOff)).toEqual([]);
  });

  it('sends opaque items back verbatim', () => {
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'secret' };

    expect(inputOf(answerOf(created, done(compaction)))).toEqual([compaction]);
  });
});

describe('openai', () => {
  /** A model whose requests end here, and what they said. */
  function ask(name: string, options: OpenAIOptions = {}, request: Partial<ModelRequest> = {}) {
    const seen: { url: string; body: Record<string, unknown> }[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      seen.push({
        url: url instanceof Request ? url.url : String(url),
        body: JSON.parse(init?.body as string) as Record<string, unknown>,
      });
      return Promise.resolve(Response.json({ ...opened, status: 'completed', output: [] }));
    };
    const client =
      name === 'deployed'
        ? new AzureOpenAI({ endpoint: 'https://a.example', apiKey: 'key', apiVersion: '1', fetch })
        : undefined;
    const model = openai(name, { apiKey: 'key', fetch, ...options, ...(client && { client }) });
    const request_ = { messages: [{ role: 'user', content: 'Hi' }] as const, ...request };
    return lastValueFrom(model.stream(request_).pipe(toArray())).then((chunks) => ({ chunks, seen }));
  }

  it('asks /responses and streams where the model can', async () => {
    const { chunks, seen } = await ask('gpt-4.1', { baseURL: 'https://a.example/v1' });

    expect(seen).toMatchObject([
      { url: 'https://a.example/v1/responses', body: { model: 'gpt-4.1', stream: true } },
    ]);
    expect(seen[0]?.body).not.toHaveProperty('include');
    expect(chunks.map(({ type }) => type)).toEqual(['start', 'finish']);
  });

  it('asks for the whole answer of a model that cannot stream', async () => {
    const { seen } = await ask('o1-pro');

    expect(seen[0]?.body).toMatchObject({ stream: false, include: ['reasoning.encrypted_content'] });
  });

  it('goes by the capabilities it is given rather than by the name', async () => {
    const capabilities = { thinking: true, streaming: false };
    const { seen } = await ask('deployed', { capabilities });

    expect(seen[0]).toMatchObject({
      url: 'https://a.example/openai/responses?api-version=1',
      body: { model: 'deployed', stream: false, include: ['reasoning.encrypted_content'] },
    });
  });

  it.each([
    ['gpt-5-mini', { thinking: true, streaming: true, images: true }],
    ['gpt-5-chat-latest', { thinking: false }],
    ['gpt-4o', { thinking: false, images: true }],
    ['o3-mini', { thinking: true, images: false }],
    ['o3-pro', { thinking: true, streaming: false, images: true }],
    ['grok-4-fast-non-reasoning', { thinking: false }],
  ])('guesses what %s can do', (name, expected) => {
    expect(openai(name).capabilities).toMatchObject({
      tools: true,
      parallelTools: true,
      structuredOutput: true,
      ...expected,
    });
  });
});
