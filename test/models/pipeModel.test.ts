import { delay, filter, map, type MonoTypeOperatorFunction, NEVER, type Observable } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import type { LanguageModel, ModelRequest, StreamChunk } from '../../src/index.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { chunks } from '../chunks.ts';
import { it } from '../marbles.ts';

const capabilities = {
  streaming: true,
  tools: false,
  parallelTools: false,
  thinking: false,
  structuredOutput: false,
  images: true,
};

function modelOf(source: Observable<StreamChunk>): LanguageModel & { readonly requests: unknown[] } {
  const requests: (ModelRequest | string)[] = [];
  return {
    provider: 'test',
    model: 'test-1',
    capabilities,
    requests,
    stream: (request) => {
      requests.push(request);
      return source;
    },
  };
}

const upperCase: MonoTypeOperatorFunction<StreamChunk> = map((chunk) =>
  chunk.type === 'text-delta' ? { ...chunk, text: `${chunk.text}!` } : chunk,
);

describe('pipeModel', () => {
  it('puts the operators behind each call, in their order', (m) => {
    const source = m.cold('s-a-b-f-|', chunks);
    const subs = '         ^-------!';
    const expected = '     --s-a---(f|)';
    const values = { ...chunks, a: { ...chunks.a, text: 'a!' } };
    const model = pipeModel(
      modelOf(source),
      filter((chunk) => chunk !== chunks.b),
      upperCase,
      delay(2),
    );

    m.expect(model.stream('Hello')).toBeObservable(expected, values);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('hands each request on as it is, and nothing before stream is called', (m) => {
    const inner = modelOf(m.cold<StreamChunk>('|'));
    const request: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }] };
    const model = pipeModel(inner, upperCase);

    expect(inner.requests).toEqual([]);
    m.expect(model.stream(request)).toBeObservable('|');
    expect(inner.requests).toEqual([request]);
    expect(inner.requests[0]).toBe(request);
  });

  it('subscribes to the model only when subscribed to, once for each subscription', (m) => {
    const source = m.cold('s-f|', chunks);
    const stream = pipeModel(modelOf(source), upperCase).stream('Hello');

    m.expect(source).toHaveSubscriptions(['^--!', '^--!']);
    m.expect(stream).toBeObservable('s-f|', chunks);
    m.expect(stream).toBeObservable('s-f|', chunks);
  });

  it('passes an error of the model through the operators', (m) => {
    const source = m.cold('s-#', chunks);

    m.expect(pipeModel(modelOf(source), upperCase).stream('Hello')).toBeObservable('s-#', chunks);
  });

  it('unsubscribes from the model when unsubscribed from', (m) => {
    const source = m.cold('s-a-b-c-', chunks);
    const unsub = '        ^--!';

    m.expect(pipeModel(modelOf(source), delay(1)).stream('Hello'), unsub).toBeObservable('-s-', chunks);
    m.expect(source).toHaveSubscriptions(unsub);
  });

  plainIt('keeps provider, model and capabilities', () => {
    const { provider, model, capabilities: kept } = pipeModel(modelOf(NEVER), upperCase);

    expect({ provider, model, kept }).toEqual({ provider: 'test', model: 'test-1', kept: capabilities });
  });

  it('is the model itself without operators', (m) => {
    const source = m.cold('s-f|', chunks);

    m.expect(pipeModel(modelOf(source)).stream('Hello')).toBeObservable('s-f|', chunks);
  });
});
