import { EMPTY, firstValueFrom, from, lastValueFrom, map, of, throwError, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { accumulateObject, type AccumulateObjectOptions } from '../../operators/accumulateObject.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { shareRun } from '../../operators/shareRun.ts';
import { StructuredOutputError } from '../../src/errors.ts';
import type { FinishReason, JsonChange, StreamChunk } from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { asArray, cities, finishBy, later, texts } from './structured.ts';

const r = restartWith({});
const anything = z.unknown();

/** `a b c d` pieces of an answer that fits {@link cities}. */
const pieces = { ...chunks, ...texts({ a: '{"city":"B', b: 'ern","da', c: 'ys":[{"high":1', d: '2}]}' }) };

/** What {@link accumulateObject} makes of the pieces; `z` at the end. */
const states = {
  a: partial({ city: 'B' }, { path: [] }, { path: ['city'], delta: 'B' }),
  b: partial({ city: 'Bern' }, { path: ['city'], delta: 'ern' }),
  c: partial({ city: 'Bern', days: [{}] }, { path: ['days'] }, { path: ['days', 0] }),
  d: partial({ city: 'Bern', days: [{ high: 12 }] }, { path: ['days', 0, 'high'] }),
  n: partial(undefined, { path: [] }),
  z: { status: 'done' as const, value: { city: 'Bern', days: [{ high: 12 }] }, changes: [] },
};

function partial(value: unknown, ...changes: JsonChange[]) {
  return { status: 'partial' as const, value: value as never, changes };
}

/** A whole call that says the text in one piece. */
function call(text: string, reason: FinishReason = 'stop'): StreamChunk[] {
  return [chunks.s, { type: 'text-delta', text, block: 0 }, finishBy(reason)];
}

async function last(text: string, options?: AccumulateObjectOptions): Promise<unknown> {
  return (await lastValueFrom(from(call(text)).pipe(accumulateObject(anything, options)))).value;
}

async function errorOf(
  source: readonly StreamChunk[],
  schema: z.ZodType = cities,
): Promise<StructuredOutputError> {
  try {
    await lastValueFrom(from(source).pipe(accumulateObject(schema)), { defaultValue: undefined });
  } catch (error) {
    if (error instanceof StructuredOutputError) return error;
    throw error;
  }
  throw new Error('there was no error');
}

describe('accumulateObject', () => {
  behavesAsOperator('accumulateObject', () => asArray(accumulateObject(z.array(z.string()))));

  it('emits the object as it grows, what changed, and the validated one at the end of the call', (m) => {
    const source = m.cold('s-a-b-t-c-u-d-f|', pieces);
    const expected = '     --a-b---c---d-z|';

    m.expect(source.pipe(accumulateObject(cities))).toBeObservable(expected, states);
  });

  it('is silent where nothing can be seen: within keys, numbers and white space', (m) => {
    const values = { ...chunks, ...texts({ a: '{"ci', b: 'ty":', c: '1', d: '2', e: ' }' }) };
    const source = m.cold('s-a-b-c-d-e-f|', values);
    const expected = '     --a-------b-c|';

    m.expect(source.pipe(accumulateObject(anything))).toBeObservable(expected, {
      a: partial({}, { path: [] }),
      b: partial({ city: 12 }, { path: ['city'] }),
      c: { status: 'done', value: { city: 12 }, changes: [] },
    });
  });

  it('joins the text blocks of a call', (m) => {
    const values = { ...pieces, ...texts({ b: 'ern","days":[{"high":12}]}' }, 2) };
    const source = m.cold('s-a-t-b-f|', values);

    m.expect(
      source.pipe(
        accumulateObject(cities),
        map(({ value }) => value),
      ),
    ).toBeObservable('--a---b-b|', {
      a: states.a.value,
      b: states.z.value,
    });
  });

  it('takes a voided object back and begins anew', (m) => {
    const source = m.cold('s-a-b-r-s-a-b-c-d-f|', { ...pieces, r });
    const expected = '     --a-b-n---a-b-c-d-z|';

    m.expect(source.pipe(accumulateObject(cities))).toBeObservable(expected, states);
  });

  it('has nothing to take back before the first value, and behind a finish', (m) => {
    const source = m.cold('s-r-s-a-b-c-d-f-r-s-a-b-c-d-f|', { ...pieces, r });
    const expected = '     ------a-b-c-d-z-----a-b-c-d-z|';

    m.expect(source.pipe(accumulateObject(cities))).toBeObservable(expected, states);
  });

  it('begins anew after text that is no JSON when the call is void', (m) => {
    const source = m.cold('s-x-r-s-a-b-c-d-f|', { ...pieces, ...texts({ x: 'Sure!' }), r });

    m.expect(source.pipe(accumulateObject(cities))).toBeObservable('--------a-b-c-d-z|', states);
  });

  it('takes a call that ends in tool calls for no answer, whatever it said', (m) => {
    const source = m.cold('s-x-n-d-e-F-s-a-b-c-g-f|', {
      ...pieces,
      ...texts({ x: 'Let me see' }),
      d: chunks.d,
      g: pieces.d,
    });

    m.expect(source.pipe(accumulateObject(cities))).toBeObservable('--------------a-b-c-d-z|', states);
  });

  it('ends without an object, and without an error, where somebody stops the answer', (m) => {
    const source = m.cold('s-a-b-c-d-f|', pieces);
    const stopped = source.pipe(interruptOn(m.cold('-----x')), accumulateObject(cities));

    m.expect(stopped).toBeObservable('--a-b|', states);
  });

  it('ends the object with the stream where that has no finish', (m) => {
    m.expect(m.cold('s-a-b-c-d-|', pieces).pipe(accumulateObject(cities))).toBeObservable(
      '--a-b-c-d-(z|)',
      states,
    );
  });

  it('emits nothing where the stream has neither text nor a finish', (m) => {
    m.expect(m.cold('s---|', chunks).pipe(accumulateObject(cities))).toBeObservable('----|', states);
  });

  it('shows nothing of what comes behind a fault', (m) => {
    const values = { ...chunks, ...texts({ a: '{"a":x', b: ',"b":1}' }) };
    const seen = m.cold('s-a-b--', values).pipe(accumulateObject(anything));

    m.expect(seen).toBeObservable('--a----', { a: partial({}, { path: [] }) });
  });

  it('stays beside the chunks on a shared run', (m) => {
    const source = m.cold('s-a-b-t-c-d-f|', pieces);
    const run = source.pipe(shareRun());

    m.expect(run.pipe(accumulateObject(cities))).toBeObservable('--a-b---c-d-z|', states);
    m.expect(run).toBeObservable('s-a-b-t-c-d-f|', pieces);
    m.expect(source).toHaveSubscriptions('^------------!');
  });

  it('passes on the error of the source behind what had come', (m) => {
    m.expect(m.cold('s-a-b-#', pieces, cut).pipe(accumulateObject(cities))).toBeObservable(
      '--a-b-#',
      states,
      cut,
    );
  });

  plainIt('leaves earlier snapshots as they were, and shares what has not changed', async () => {
    const source = from([pieces.s, pieces.a, pieces.b, pieces.c, pieces.d, pieces.f]);
    const all = await lastValueFrom(source.pipe(accumulateObject(anything), toArray()));
    const [, , third, fourth] = all.map(({ value }) => value as { days: object[] });

    expect(all.map(({ value }) => value)).toEqual(
      [states.a, states.b, states.c, states.d, states.z].map(({ value }) => value),
    );
    expect(fourth?.days).not.toBe(third?.days);
  });

  plainIt('emits synchronously where the schema validates synchronously', () => {
    const seen: string[] = [];
    from(call('{"city":"Bern","days":[]}'))
      .pipe(accumulateObject(cities))
      .subscribe({ next: ({ status }) => seen.push(status), complete: () => seen.push('complete') })
      .unsubscribe();

    expect(seen).toEqual(['partial', 'done', 'complete']);
  });

  plainIt('waits for a schema that answers with a Promise', async () => {
    const source = from([...call('1'), ...call('2')]);
    const all = await lastValueFrom(source.pipe(accumulateObject(later(z.number())), toArray()));

    expect(all.map(({ status, value }) => [status, value])).toEqual([
      ['done', 1],
      ['done', 2],
    ]);
  });

  plainIt('emits what the schema makes of the answer at the end, and the JSON before', async () => {
    const schema = z.object({ n: z.string().transform(Number), unit: z.string().default('C') });
    const all = await lastValueFrom(from(call('{"n":"12"}')).pipe(accumulateObject(schema), toArray()));

    expect(all.map(({ value }) => value)).toEqual([{ n: '12' }, { n: 12, unit: 'C' }]);
  });

  describe('with fences', () => {
    plainIt.each([
      '{"a":1}',
      '  {"a":1}\n',
      '```json\n{"a":1}\n```',
      '```\n{"a":1}\n```\n',
      '  ```json\r\n{"a":1}\r\n```',
      '```json {"a":1} ```',
      '```JSON{"a":1}```',
      '````json\n{"a":1}\n````',
      'Sure! Here {it} is:\n\n```json\n{"a":1}\n```\nHope `this` {helps}!',
      'Use `x` and ``y``:\n{"a":1}\n\nHope this helps }',
      'One\n\n {"a":1}',
      '` `` x\n{"a":1}',
      '```json\n{"a":1}',
    ])('reads %j however it is cut', async (text) => {
      for (let at = 0; at <= text.length; at += 1) {
        const source = [
          chunks.s,
          ...Object.values(texts({ a: text.slice(0, at), b: text.slice(at) })),
          chunks.f,
        ];
        const { value } = await lastValueFrom(
          from(source).pipe(accumulateObject(anything, { fences: true })),
        );
        expect(value).toEqual({ a: 1 });
      }
    });

    plainIt('keeps the fences within strings', async () => {
      const text = '```json\n{"code":"```\\nls\\n```"}\n```';

      expect(await last(text, { fences: true })).toEqual({ code: '```\nls\n```' });
    });

    plainIt.each([
      ['Sure!', 'no document at position 5', []],
      ['', 'no document at position 0', []],
      ['```json\n{"a":1}}\n```', 'unexpected "}" at position 15', []],
      ['```json\n{"a":1}\nnote\n```', 'unexpected "n" at position 16', []],
      ['{"a":1} {"b":2}', 'unexpected "{" at position 8', []],
      ['```json\n{"a":', 'unexpected end at position 13', ['a']],
      ['```json\n```', 'unexpected "`" at position 8', []],
      ['```', 'no document at position 3', []],
    ])('refuses %j', async (text, message, path) => {
      await expect(last(text, { fences: true })).rejects.toMatchObject({
        message: `The answer is not JSON: ${message}`,
        issues: [{ message, path }],
      });
    });
  });

  describe('with lines', () => {
    plainIt('reads the lines as the elements of an array', async () => {
      const all = await lastValueFrom(
        from(call('{"a":1}\n{"b')).pipe(accumulateObject(anything, { lines: true }), toArray()),
      ).catch(() => undefined);

      expect(all).toBeUndefined();
      expect(await last('{"a":1}\n{"b":2}\n', { lines: true })).toEqual([{ a: 1 }, { b: 2 }]);
      expect(await last('', { lines: true })).toEqual([]);
    });

    plainIt('reads lines within a fence', async () => {
      expect(await last('Here:\n```jsonl\n1\n{"b":2}\n```\n', { lines: true, fences: true })).toEqual([
        1,
        { b: 2 },
      ]);
      expect(await last('```\n[1]```', { lines: true, fences: true })).toEqual([[1]]);
    });

    plainIt('refuses two documents on one line', async () => {
      await expect(last('{} {}', { lines: true })).rejects.toThrow('unexpected "{" at position 3');
    });
  });

  plainIt('fails at the end of the call with what is wrong with text that is not JSON', async () => {
    const error = await errorOf([
      chunks.s,
      ...Object.values(texts({ a: '{"city":', b: 'Bern}' })),
      chunks.u,
      chunks.f,
    ]);

    expect(error).toMatchObject({
      message: 'The answer is not JSON: unexpected "B" at position 8',
      issues: [{ message: 'unexpected "B" at position 8', path: ['city'] }],
      path: ['city'],
      position: 8,
      text: '{"city":Bern}',
      provider: 'test',
      retryable: true,
      partial: { text: '{"city":Bern}', usage: { totalTokens: 8 } },
    });
  });

  plainIt.each<[FinishReason, string, boolean]>([
    ['length', 'The answer was cut off: unexpected end at position 8', false],
    ['content-filter', 'The answer was stopped by a filter: unexpected end at position 8', false],
    ['refusal', 'The answer was refused: unexpected end at position 8', false],
    ['stop', 'The answer is not JSON: unexpected end at position 8', true],
  ])('fails for half an answer that ends by %s', async (reason, message, retryable) => {
    expect(await errorOf(call('{"city":', reason))).toMatchObject({ message, retryable, position: 8 });
  });

  plainIt('fails for a call that says nothing', async () => {
    expect((await errorOf([chunks.s, chunks.f])).message).toBe(
      'The answer is not JSON: unexpected end at position 0',
    );
    await expect(lastValueFrom(EMPTY.pipe(accumulateObject(cities)), { defaultValue: 0 })).resolves.toBe(0);
  });

  plainIt('fails with the issues of the schema, where they are and the text', async () => {
    const error = await errorOf(call('{"city":"Bern","days":[{"high":"x"},{}]}'));

    expect(error.message).toMatch(/^The answer does not fit its schema: days\.0\.high: .*; days\.1\.high: /);
    expect(error).toMatchObject({
      path: ['days', 0, 'high'],
      text: '{"city":"Bern","days":[{"high":"x"},{}]}',
    });
    expect(error.issues).toHaveLength(2);
    expect(error.position).toBeUndefined();
  });

  plainIt('fails with the issues of a schema that answers with a Promise', async () => {
    const source = from(call('"x"')).pipe(accumulateObject(later(z.number())), toArray());

    await expect(lastValueFrom(source)).rejects.toMatchObject({ name: 'StructuredOutputError', text: '"x"' });
  });

  plainIt('passes on an error that the schema throws', async () => {
    const broken = { '~standard': { ...anything['~standard'], validate: () => throwNow() } };
    const throwNow = () => {
      throw new RangeError('odd schema');
    };

    await expect(firstValueFrom(of(...call('1')).pipe(accumulateObject(broken)))).rejects.toThrow(
      'odd schema',
    );
    await expect(lastValueFrom(throwError(() => cut).pipe(accumulateObject(broken)))).rejects.toBe(cut);
  });

  plainIt.each([undefined, null, 'schema', {}])('throws at the call for the schema %j', (schema) => {
    expect(() => accumulateObject(schema as never)).toThrow(
      'accumulateObject: schema must be a Standard Schema, of zod, valibot or arktype, not ',
    );
  });
});
