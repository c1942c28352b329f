import { delay, filter, map, type MonoTypeOperatorFunction, NEVER } from 'rxjs';
import { describe, expect, vi } from 'vitest';
import type { LanguageModel, ModelRequest, StreamChunk } from '../../src/index.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { type ChunkDraft, finish, text } from '../../testing/index.ts';
import { it } from '../marbles.ts';

const s: ChunkDraft = { type: 'start' };
const f = finish();

const upperCase: MonoTypeOperatorFunction<StreamChunk> = map((chunk) =>
  chunk.type === 'text-delta' ? { ...chunk, text: `${chunk.text}!` } : chunk,
);

describe('pipeModel', () => {
  it('puts the operators behind each call, in their order', (m) => {
    const inner = m.fakeModel(['s-a-b-f-|'], { values: { s, f } });
    const subs = '             ^-------!';
    const expected = '         --s-a---(f|)';
    const model = pipeModel(
      inner,
      filter((chunk) => chunk.type !== 'text-delta' || chunk.text !== 'b'),
      upperCase,
      delay(2),
    );

    m.expectChunks(model.stream('Hello')).toBe(expected, { s, a: text('a!'), f });
    m.scheduler.expectSubscriptions(inner.subscriptions).toBe(subs);
  });

  it('hands each request on as it is, and nothing before stream is called', (m) => {
    const stream = vi.fn<LanguageModel['stream']>(() => NEVER);
    const request: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }] };
    const model = pipeModel({ ...m.fakeModel([]), stream }, upperCase);

    expect(stream).not.toHaveBeenCalled();
    void model.stream(request);
    expect(stream).toHaveBeenCalledExactlyOnceWith(request);
    expect(stream.mock.calls[0]?.[0]).toBe(request);
  });

  it('subscribes to the model only when subscribed to, once for each subscription', (m) => {
    const inner = m.fakeModel(['-a-|', '-b-|']);
    const stream = pipeModel(inner, upperCase).stream('Hello');

    expect(inner.calls).toHaveLength(0);
    m.expectChunks(stream).toBe('-a-|', { a: text('a!') });
    m.expectChunks(stream).toBe('-b-|', { b: text('b!') });
    m.scheduler.expectSubscriptions(inner.subscriptions).toBe(['^--!', '^--!']);
  });

  it('passes an error of the model through the operators', (m) => {
    const model = pipeModel(m.fakeModel(['-a-#']), upperCase);

    m.expectChunks(model.stream('Hello')).toBe('-a-#', { a: text('a!') });
  });

  it('unsubscribes from the model when unsubscribed from', (m) => {
    const inner = m.fakeModel(['s-a-b-c-'], { values: { s } });
    const unsub = '             ^--!';

    m.expectChunks(pipeModel(inner, delay(1)).stream('Hello'), unsub).toBe('-s-', { s });
    m.scheduler.expectSubscriptions(inner.subscriptions).toBe(unsub);
  });

  it('keeps provider, model and capabilities', (m) => {
    const inner = m.fakeModel([], { provider: 'acme', model: 'm', capabilities: { tools: false } });
    const { provider, model, capabilities } = pipeModel(inner, upperCase);

    expect({ provider, model }).toEqual({ provider: 'acme', model: 'm' });
    expect(capabilities).toEqual(inner.capabilities);
  });

  it('is the model itself without operators', (m) => {
    m.expectChunks(pipeModel(m.fakeModel(['a-b|'])).stream('Hello')).toBe('a-b|');
  });
});
