import { describe, expect, it } from 'vitest';
import { mapEvents } from '../../providers/openai/events.ts';
import type { StreamChunk } from '../../src/index.ts';
import {
  completed,
  contentOf,
  created,
  done,
  encrypted,
  facts,
  finishOf,
  incomplete,
  map,
  mapNamed,
  message,
  opened,
  outputText,
  text,
  usage,
  wholeCall,
} from './openaiEvents.ts';

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
