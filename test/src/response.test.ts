import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/index.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { chunks, restartWith, usage } from '../chunks.ts';

function build(...all: StreamChunk[]): ResponseBuilder {
  const response = new ResponseBuilder();
  for (const chunk of all) response.add(chunk);
  return response;
}

const { s, a, b, A, t, v, n, d, e, u, f } = chunks;

describe('ResponseBuilder', () => {
  it('joins the deltas of a block and keeps blocks in order', () => {
    expect(build(s, t, v, A, { ...b, block: 1 }, f).message).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', text: 'tv', kind: 'thinking' },
        { type: 'text', text: 'Ab' },
      ],
    });
  });

  it('joins text blocks as they are and thinking by a blank line', () => {
    const { partial } = build(
      s,
      a,
      { ...t, block: 1 },
      { ...v, block: 2, kind: 'summary' },
      { ...b, block: 3 },
    );

    expect(partial).toMatchObject({ text: 'ab', thinking: 't\n\nv' });
  });

  it('keeps signatures with their block, alone too, so that they can be sent back', () => {
    const signature = { format: 'test', data: 'signed' };
    const { message } = build(s, { type: 'thinking-signature', block: 0, ...signature }, t, n1(), e1(), {
      type: 'thinking-signature',
      block: 1,
      ...signature,
    });

    expect(message.content).toEqual([
      { type: 'thinking', text: 't', kind: 'thinking', signature },
      {
        type: 'tool-call',
        toolCallId: 'call_0',
        toolName: 'weather',
        arguments: { city: 'Bern' },
        signature,
      },
    ]);
    expect(build(s, { type: 'thinking-signature', block: 0, ...signature }).message.content).toHaveLength(1);
  });

  it('tells complete calls from those that are cut off', () => {
    expect(build(s, n, d, e).partial).toMatchObject({
      toolCalls: [{ toolCallId: 'call_0', arguments: { city: 'Bern' } }],
      invalidToolCalls: [],
    });
    expect(build(s, n, { ...d, argumentsDelta: '{"ci' }).partial).toMatchObject({
      toolCalls: [],
      invalidToolCalls: [{ toolCallId: 'call_0', argumentsText: '{"ci', reason: 'incomplete' }],
    });
  });

  it('gives the chunks that close the calls that are open', () => {
    const response = build(s, n, d);
    expect(response.openToolCalls).toEqual([
      {
        type: 'tool-call-invalid',
        toolCallId: 'call_0',
        toolName: 'weather',
        argumentsText: '{"city":"Bern"}',
        reason: 'incomplete',
        block: 0,
      },
    ]);
    for (const chunk of response.openToolCalls) response.add(chunk);
    expect(response.openToolCalls).toEqual([]);
  });

  it('holds refusals, sources and what the provider ran, not the results of tools that ran here', () => {
    const result: StreamChunk = {
      type: 'tool-result',
      toolCallId: 'x',
      toolName: 'search',
      result: 1,
      isError: false,
      durationMs: 0,
    };
    const { partial } = build(
      s,
      { type: 'refusal-delta', text: 'no', block: 0 },
      { type: 'source', block: 1, url: 'https://example.org' },
      { ...a, block: 1 },
      { ...result, providerExecuted: true, block: 2 },
      result,
    );

    expect(partial).toMatchObject({ refusal: 'no', text: 'a' });
    expect(partial.message.content).toEqual([
      { type: 'refusal', text: 'no' },
      { type: 'text', text: 'a', sources: [{ url: 'https://example.org' }] },
      {
        type: 'tool-result',
        toolCallId: 'x',
        toolName: 'search',
        result: 1,
        isError: false,
        providerExecuted: true,
      },
    ]);
  });

  it('leaves out when a chunk came and its id in a log', () => {
    const call = {
      type: 'tool-call',
      toolCallId: 'c',
      toolName: 'weather',
      arguments: {},
      block: 0,
    } as const;
    const response = new ResponseBuilder();
    response.add({ ...call, ...{ at: 7, eventId: '3' } });

    expect(response.message.content).toEqual([
      { type: 'tool-call', toolCallId: 'c', toolName: 'weather', arguments: {} },
    ]);
  });

  it('leaves out empty blocks, which providers do not take back', () => {
    expect(build(s, { ...a, text: '' }).message.content).toEqual([]);
  });

  it('drops the current call at a restart and begins anew at a start', () => {
    expect(build(s, a, u, restartWith({})).partial).toMatchObject({ text: '' });
    expect(build(s, a, u, restartWith({})).usage).toBeUndefined();
    expect(build(s, a, f, s, b).partial.text).toBe('b');
  });

  it('marks usage as partial until the call has finished', () => {
    expect(build(s, u).usage).toEqual({ ...usage, partial: true });
    expect(build(s, u, f).usage).toEqual(usage);
    expect(build(s, u, { type: 'finish', reason: 'stop', metadata: {} }).usage).toEqual(usage);
  });

  it('gives unchanged parts as the same objects', () => {
    const response = build(s, t, A);
    const [first] = response.message.content;
    response.add({ ...b, block: 1 });

    expect(response.message.content[0]).toBe(first);
  });
});

function n1(): StreamChunk {
  return { ...n, block: 1 };
}

function e1(): StreamChunk {
  return { ...e, block: 1 };
}
