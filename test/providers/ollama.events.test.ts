import { describe, expect, it } from 'vitest';
import { mapEvents } from '../../providers/ollama/events.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import type { StreamChunk } from '../../src/index.ts';
import { contentOf, counters, done, facts, finishOf, line, map, weather } from './ollamaLines.ts';

describe('mapEvents of ollama', () => {
  it('starts once, with the model that answers', () => {
    const { chunks } = map([line({ content: 'a' }), line({ content: 'b' }), done]);

    expect(chunks.filter(({ type }) => type === 'start')).toEqual([
      { type: 'start', provider: 'ollama', model: 'test-1' },
    ]);
  });

  it('starts with the model that was asked and the request id when the line names none', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), { ...facts, requestId: 'req-1' });
    mapper.start({ error: 'no' });

    expect(chunks).toEqual([{ type: 'start', provider: 'ollama', model: 'asked', requestId: 'req-1' }]);
  });

  it('gives thinking and text blocks of their own, and no empty deltas', () => {
    const lines = [
      line({ content: '', thinking: 'so' }),
      line({ content: '', thinking: ' then' }),
      line({ content: 'Hel', thinking: '' }),
      line({ content: 'lo', thinking: null }),
      line({ content: null }),
      line({}),
    ];

    expect(contentOf(...lines)).toEqual([
      { type: 'thinking-delta', text: 'so', block: 0, kind: 'thinking' },
      { type: 'thinking-delta', text: ' then', block: 0, kind: 'thinking' },
      { type: 'text-delta', text: 'Hel', block: 1 },
      { type: 'text-delta', text: 'lo', block: 1 },
    ]);
  });

  it('puts thinking before text and text before tool calls when one line has all of them', () => {
    const lines = [line({ content: 'text', thinking: 'thought', tool_calls: [{ function: weather }] })];

    expect(contentOf(...lines).map(({ type }) => type)).toEqual([
      'thinking-delta',
      'text-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call',
    ]);
  });

  it('leaves thinking tags in the text', () => {
    expect(contentOf(line({ content: 'Hm.\n</think>\n\n5' }))).toEqual([
      { type: 'text-delta', text: 'Hm.\n</think>\n\n5', block: 0 },
    ]);
  });

  it('announces and closes a tool call at once, with the id of the wire', () => {
    const call = { id: 'call_x', function: { index: 0, ...weather } };

    expect(contentOf(line({ content: '', tool_calls: [call] }))).toEqual([
      { type: 'tool-call-start', toolCallId: 'call_x', toolName: 'weather', block: 0 },
      { type: 'tool-call-delta', toolCallId: 'call_x', argumentsDelta: '{"city":"Bern"}', block: 0 },
      { type: 'tool-call', toolCallId: 'call_x', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 },
    ]);
  });

  it('tells calls apart that have the same index or none, and names those without id by their block', () => {
    const calls = [
      { function: { index: 0, ...weather } },
      { id: '', function: { index: 0, ...weather, arguments: { city: 'Rom' } } },
      { id: null, function: weather },
    ];
    const found = contentOf(line({ content: 'a' }), line({ tool_calls: calls }), line({ tool_calls: [] }));

    expect(found.filter(({ type }) => type === 'tool-call')).toEqual([
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' }, block: 1 },
      { type: 'tool-call', toolCallId: 'call_2', toolName: 'weather', arguments: { city: 'Rom' }, block: 2 },
      { type: 'tool-call', toolCallId: 'call_3', toolName: 'weather', arguments: { city: 'Bern' }, block: 3 },
    ]);
  });

  it.each([
    [{}, {}],
    [null, {}],
    [undefined, {}],
    ['', {}],
    ['{"city":"Bern"}', { city: 'Bern' }],
  ])('reads the arguments %j as %j', (args, expected) => {
    const call = { function: { name: 'weather', arguments: args } };

    expect(contentOf(line({ tool_calls: [call] })).at(-1)).toMatchObject({
      type: 'tool-call',
      arguments: expected,
    });
  });

  it.each([
    [{ name: 'weather', arguments: '{"city":' }, 'invalid-json'],
    [{ name: 'weather', arguments: [1] }, 'not-an-object'],
    [{ name: null, arguments: {} }, 'incomplete'],
    [null, 'incomplete'],
  ])('lets no call run that is %j', (called, reason) => {
    expect(contentOf(line({ tool_calls: [{ function: called }] })).at(-1)).toMatchObject({
      type: 'tool-call-invalid',
      reason,
    });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['load', 'other'],
    ['unload', 'other'],
  ])('finishes for the word %s with %s', (word, reason) => {
    expect(finishOf({ done_reason: word })).toEqual({
      type: 'finish',
      reason,
      rawReason: word,
      metadata: {},
    });
  });

  it('finishes with tool-calls when the word is stop and a tool was called', () => {
    const call = line({ tool_calls: [{ function: weather }] });

    expect(finishOf({}, call)).toMatchObject({ reason: 'tool-calls', rawReason: 'stop' });
    expect(finishOf({ done_reason: 'length' }, call)).toMatchObject({ reason: 'length' });
  });

  it('finishes with other when the last line has no word', () => {
    expect(finishOf({ done_reason: undefined })).toEqual({ type: 'finish', reason: 'other', metadata: {} });
  });

  it('has no finish when no line is the last', () => {
    expect(map([line({ content: 'a' })]).finish).toBeUndefined();
    expect(map([line({ content: 'a' }, { done_reason: 'stop' })]).finish).toBeUndefined();
  });

  it('starts at the last line when it is the only one, and reads its content', () => {
    const { chunks, finish } = map([{ ...done, message: { role: 'assistant', content: 'Hello' } }]);

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'text-delta']);
    expect(finish?.reason).toBe('stop');
    expect(map([{ done: true }]).chunks.map(({ type }) => type)).toEqual(['start']);
  });

  it('tells usage with the counters and durations as the wire has them', () => {
    const { chunks, finish } = map([{ ...done, ...counters, new_count: 1 }]);
    const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8, raw: { ...counters, new_count: 1 } };

    expect(chunks.at(-1)).toEqual({ type: 'usage', usage });
    expect(finish?.usage).toEqual(usage);
  });

  it.each([
    [{ eval_count: 5 }, 0, 5],
    [{ prompt_eval_count: 3 }, 3, 0],
  ])('counts 0 for what %j leaves out', (wire, inputTokens, outputTokens) => {
    expect(finishOf(wire)?.usage).toMatchObject({
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
    });
  });

  it('tells no usage when nothing was counted', () => {
    expect(finishOf({ done_reason: 'load', total_duration: 1 })).not.toHaveProperty('usage');
  });

  it('tells durations in milliseconds, the server that was asked, and log probabilities', () => {
    const token = { token: 'a', logprob: -0.1 };
    const remote = { remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' };
    const all = { ...counters, ...remote, prompt_eval_duration: 500_000, eval_duration: 2_000_000 };

    expect(
      finishOf(all, line({ content: 'a' }, { logprobs: [token] }), line({}, { logprobs: [token] }))?.metadata,
    ).toEqual({
      totalDurationMs: 3.5,
      loadDurationMs: 1,
      promptEvalDurationMs: 0.5,
      evalDurationMs: 2,
      remoteModel: 'gpt-oss:120b',
      remoteHost: 'https://ollama.com:443',
      logprobs: [token, token],
    });
  });

  it('throws the error that a line reports, behind what the line carries', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
    mapper.event(line({ content: 'a' }));

    expect(() => mapper.event({ error: 'unexpected EOF' })).toThrow(new WireError('unexpected EOF'));
    expect(() => mapper.event({ error: 'busy', status_code: 503 })).toThrow(WireError);
    expect(chunks).toHaveLength(2);
  });

  it('passes over lines that say nothing', () => {
    expect(map([{}, { status: 'waiting' }, { error: null }]).chunks).toEqual([]);
  });
});
