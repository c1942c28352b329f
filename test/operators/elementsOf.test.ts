import { from, lastValueFrom, map, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { elementsOf, type ElementsOfOptions } from '../../operators/elementsOf.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import type { FinishReason, StreamChunk } from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { asArray, deltas, finishBy, later, texts } from './structured.ts';

const r = restartWith({});
const record = z.object({ n: z.number() });

/** Pieces of an array of two records. */
const pieces = { ...chunks, ...texts({ a: '[{"n":', b: '1},{"n":2', c: '}]' }) };
const elements = { 1: { index: 0, value: { n: 1 } }, 2: { index: 1, value: { n: 2 } } };

/** All elements of a text that comes in pieces of three characters. */
function elementsIn(
  text: string,
  options?: ElementsOfOptions,
  reason: FinishReason = 'stop',
): Promise<unknown[]> {
  const deltasOf = text.match(/[^]{1,3}/gu) ?? [];
  const source: StreamChunk[] = [
    chunks.s,
    ...deltasOf.map((delta): StreamChunk => ({ type: 'text-delta', text: delta, block: 0 })),
    finishBy(reason),
  ];
  return lastValueFrom(from(source).pipe(elementsOf(z.unknown(), options), toArray()));
}

describe('elementsOf', () => {
  behavesAsOperator('elementsOf', () => asArray(elementsOf(z.string())));

  it('emits each element as soon as it is complete', (m) => {
    const source = m.cold('s-a-t-b-c-f|', pieces);
    const expected = '     ------1-2--|';

    m.expect(source.pipe(elementsOf(record))).toBeObservable(expected, elements);
  });

  it('emits several elements of one chunk together', (m) => {
    const source = m.cold('s-a---f|', { ...chunks, ...texts({ a: '[{"n":1},{"n":2}]' }) });

    m.expect(source.pipe(elementsOf(record))).toBeObservable('--(12)-|', elements);
  });

  it('delivers the elements before the error of the source', (m) => {
    m.expect(m.cold('s-a-b-#', pieces, cut).pipe(elementsOf(record))).toBeObservable(
      '----1-#',
      elements,
      cut,
    );
  });

  it('fails when a restart voids elements that have been delivered', (m) => {
    const source = m.cold('s-a-b-r-s-a-b-c-f|', { ...pieces, r });
    const expected = '     ----1-#';
    const error = new Error(
      'A retry voids an element that has been delivered, after StreamInterruptedError: cut',
    );
    error.name = 'RestartAfterOutputError';

    m.expect(source.pipe(elementsOf(record))).toBeObservable(expected, elements, error);
  });

  it('is not concerned by a restart before the first element, or behind a finish', (m) => {
    const source = m.cold('s-a-r-s-a-b-c-f-r-s-a-b-c-f|', { ...pieces, r });

    m.expect(source.pipe(elementsOf(record))).toBeObservable('----------1-2---------1-2--|', elements);
  });

  it("delivers them again with onRestart: 'repeat'", (m) => {
    const source = m.cold('s-a-b-r-s-a-b-c-f|', { ...pieces, r });

    m.expect(source.pipe(elementsOf(record, { onRestart: 'repeat' }))).toBeObservable(
      '----1-------1-2--|',
      elements,
    );
  });

  it('reads the arguments of the calls of a tool, side by side', (m) => {
    const other = { ...chunks.n, toolCallId: 'call_1', block: 1 };
    const values = {
      ...chunks,
      ...deltas({ a: '{"days":[1', b: ',2]}' }, 0),
      ...deltas({ c: '{"days":[3],', d: '"x":1}' }, 1),
      o: other,
      ...texts({ x: 'Let me see' }),
      e: { ...chunks.e, arguments: { days: [1, 2] } },
      E: { ...chunks.e, toolCallId: 'call_1', block: 1, arguments: { days: [3], x: 1 } },
    };
    const source = m.cold('s-x-n-a-o-c-b-d-e-E-F|', values);
    const operator = elementsOf(z.number(), { toolName: 'weather', path: 'days' });

    m.expect(source.pipe(operator)).toBeObservable('----------x-(12)-----|', {
      1: { index: 0, value: 1 },
      2: { index: 1, value: 2 },
      x: { index: 0, value: 3 },
    });
  });

  it('reads arguments that come in one piece', (m) => {
    const source = m.cold('s-n-e---F|', { ...chunks, e: { ...chunks.e, arguments: { days: [1, 2] } } });

    m.expect(
      source.pipe(
        elementsOf(z.number(), { toolName: 'weather', path: ['days'] }),
        map(({ value }) => value),
      ),
    ).toBeObservable('----(12)-|', { 1: 1, 2: 2 });
    m.expect(
      m
        .cold('s-n-e---F|', { ...chunks, e: { ...chunks.e, arguments: { days: [] } } })
        .pipe(elementsOf(z.number(), { toolName: 'weather', path: 'days' })),
    ).toBeObservable('---------|');
  });

  it('ends with the elements so far where somebody stops the answer', (m) => {
    const source = m.cold('s-a-b-c-f|', pieces).pipe(interruptOn(m.cold('-----x')), elementsOf(record));

    m.expect(source).toBeObservable('----1|', elements);
  });

  plainIt.each<[string, ElementsOfOptions, unknown[]]>([
    ['[1, "a" ,null,[2],{"b":[3]},true]', {}, [1, 'a', null, [2], { b: [3] }, true]],
    ['[]', {}, []],
    ['[[],[[]]]', {}, [[], [[]]]],
    ['{"x":[0],"a":[1,2],"b":[3]}', { path: 'a' }, [1, 2]],
    ['{"a":{"x":[0],"b":[{"c":[1]}]},"b":[2]}', { path: ['a', 'b'] }, [{ c: [1] }]],
    ['{"a":[[0],[1,2]]}', { path: ['a', 1] }, [1, 2]],
    ['{"a.b":[1]}', { path: 'a.b' }, [1]],
    ['{"__proto__":[1]}', { path: '__proto__' }, [1]],
    ['1\n{"a":[2]}\n[3]', { lines: true }, [1, { a: [2] }, [3]]],
    ['Here:\n```json\n[1,2]\n```', { fences: true }, [1, 2]],
    ['Here:\n[1,2]\nand so on ]', { fences: true }, [1, 2]],
  ])('finds the elements of %j with %j', async (text, options, values) => {
    expect(await elementsIn(text, options)).toEqual(values.map((value, index) => ({ index, value })));
  });

  plainIt.each<[string, ElementsOfOptions]>([
    ['{"a":[1]}', {}],
    ['{"a":{"b":1}}', { path: ['a', 'b'] }],
    ['{"a":1}', { path: 'b' }],
    ['null', { path: ['a', 'b'] }],
  ])('fails for %j, which has no array at %j', async (text, options) => {
    const issue = { message: 'there is no array', path: [options.path ?? []].flat() };
    await expect(elementsIn(text, options)).rejects.toThrow('The answer does not fit its schema: ');
    await expect(elementsIn(text, options)).rejects.toMatchObject({ issues: [issue], text });
  });

  it('takes the values of an object for no elements', (m) => {
    const source = m.cold('s-a-f|', { ...chunks, ...texts({ a: '{"a":{"x":1}}' }) });
    const error = new Error('The answer does not fit its schema: a: there is no array');
    error.name = 'StructuredOutputError';

    m.expect(source.pipe(elementsOf(z.unknown(), { path: 'a' }))).toBeObservable('----#', elements, error);
  });

  plainIt.each<[string, FinishReason, string]>([
    ['[1,x]', 'stop', 'The answer is not JSON: unexpected "x" at position 3'],
    ['[1,2', 'length', 'The answer was cut off: unexpected end at position 4'],
  ])('fails at the end for %j with reason %s', async (text, reason, message) => {
    await expect(elementsIn(text, {}, reason)).rejects.toThrow(message);
  });

  plainIt('fails at the element that does not fit, and tells its place in the answer', async () => {
    const source = [
      chunks.s,
      ...Object.values(texts({ a: '{"a":[{"n":1},{"n":"x"},', b: '{"n":3}]}' })),
      chunks.f,
    ];
    const seen: unknown[] = [];
    const run = new Promise((resolve, reject) => {
      from(source)
        .pipe(elementsOf(record, { path: 'a' }))
        .subscribe({
          next: (element) => seen.push(element),
          error: reject,
          complete: () => resolve(undefined),
        });
    });

    await expect(run).rejects.toMatchObject({
      name: 'StructuredOutputError',
      path: ['a', 1, 'n'],
      text: '{"a":[{"n":1},{"n":"x"},',
      retryable: true,
    });
    expect(seen).toEqual([{ index: 0, value: { n: 1 } }]);
  });

  plainIt('keeps the order where the schema answers with a Promise', async () => {
    const source = from([
      chunks.s,
      ...Object.values(texts({ a: '[{"n":1},{"n":2},', b: '{"n":3}]' })),
      chunks.f,
    ]);
    const all = await lastValueFrom(source.pipe(elementsOf(later(record)), toArray()));

    expect(all).toEqual([1, 2, 3].map((n) => ({ index: n - 1, value: { n } })));
  });

  plainIt('throws at the call for options that cannot be', () => {
    expect(() => elementsOf({} as never)).toThrow('elementsOf: schema must be a Standard Schema');
    expect(() => elementsOf(record, { path: 7 as never })).toThrow(
      'elementsOf: path must be a key or an array of them',
    );
    expect(() => elementsOf(record, { toolName: '' })).toThrow(
      'elementsOf: toolName must be a non-empty string, not ""',
    );
    expect(() => elementsOf(record, { onRestart: 'again' as never })).toThrow(
      'elementsOf: onRestart must be fail, repeat, not again',
    );
  });
});
