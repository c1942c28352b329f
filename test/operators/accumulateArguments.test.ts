import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { accumulateArguments } from '../../operators/accumulateArguments.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import type {
  FinishReason,
  InvalidToolCallReason,
  JsonChange,
  JsonObject,
  StreamChunk,
} from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { deltas, finishBy, texts } from './structured.ts';

const r = restartWith({});
const place = z.object({ city: z.string() });
const first = { call: 0, block: 0, toolCallId: 'call_0' };
const pieces = { ...chunks, ...deltas({ a: '{"city":"B', b: 'ern"}' }), ...texts({ x: 'Let me see' }, 2) };

const whole: JsonChange = { path: [] };
const B: JsonChange = { path: ['city'], delta: 'B' };
const ern: JsonChange = { path: ['city'], delta: 'ern' };
const states = {
  a: partial({ city: 'B' }, [whole, B]),
  b: partial({ city: 'Bern' }, [ern]),
  n: partial(undefined, [whole]),
  z: { status: 'done' as const, value: { city: 'Bern' }, changes: [], ...first },
};

function partial(value: JsonObject | undefined, changes: readonly JsonChange[], ids = first) {
  return { status: 'partial' as const, value: value as never, changes, ...ids };
}

function invalid(argumentsText: string, reason: InvalidToolCallReason): StreamChunk {
  return {
    type: 'tool-call-invalid',
    toolCallId: 'call_0',
    toolName: 'weather',
    argumentsText,
    reason,
    block: 0,
  };
}

describe('accumulateArguments', () => {
  behavesAsOperator('accumulateArguments', () => accumulateArguments('weather'));

  it('emits the arguments of a call as they grow, and the validated ones when they are complete', (m) => {
    const source = m.cold('s-x-n-a-b-e-F|', pieces);
    const expected = '     ------a-b-z--|';

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(expected, states);
  });

  it('leaves other tools alone', (m) => {
    m.expect(m.cold('s-n-a-b-e-F|', pieces).pipe(accumulateArguments('news'))).toBeObservable('-----------|');
  });

  it('tells calls apart that run side by side, and those of later rounds', (m) => {
    const second = { call: 0, block: 1, toolCallId: 'call_1' };
    const values = {
      ...pieces,
      N: { ...chunks.n, toolCallId: 'call_1', block: 1 },
      ...deltas({ c: '{"city":"Bonn"}' }, 1),
      E: { ...chunks.e, toolCallId: 'call_1', block: 1, arguments: { city: 'Bonn' } },
    };
    const source = m.cold('s-n-a-N-c-b-e-E-F-s-n-a-b-e-F|', values);
    const expected = '     ----a---c-b-z-y-------A-B-Z--|';
    const later = { call: 1, block: 0, toolCallId: 'call_0' };

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(expected, {
      ...states,
      c: partial({ city: 'Bonn' }, [whole, { path: ['city'], delta: 'Bonn' }], second),
      y: { ...states.z, value: { city: 'Bonn' }, ...second },
      A: { ...states.a, ...later },
      B: { ...states.b, ...later },
      Z: { ...states.z, ...later },
    });
  });

  it('takes back what a restart voids, complete calls too, and numbers the next attempt alike', (m) => {
    const source = m.cold('s-n-a-b-e-r-s-n-a-b-e-F|', { ...pieces, r });
    const expected = '     ----a-b-z-n-----a-b-z--|';

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(expected, states);
  });

  it('numbers the call alike where an attempt was void before it called the tool', (m) => {
    const source = m.cold('r-s-x-r-s-n-a-b-e-F|', { ...pieces, r });
    const expected = '     ------------a-b-z--|';

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(expected, states);
  });

  it('takes back once, also where the next attempt is void too', (m) => {
    const source = m.cold('s-n-a-r-s-r-s-n-a-b-e-F|', { ...pieces, r });
    const expected = '     ----a-n---------a-b-z--|';

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(expected, states);
  });

  it('takes nothing back behind a finish', (m) => {
    const source = m.cold('s-n-a-b-e-F-r-s-x-f|', { ...pieces, r });

    m.expect(source.pipe(accumulateArguments('weather', place))).toBeObservable(
      '----a-b-z----------|',
      states,
    );
  });

  it('emits arguments that come in one piece, empty ones too', (m) => {
    const values = { ...chunks, E: { ...chunks.e, arguments: {} } };
    const source = m.cold('s-nde---F-s-n-E---F|', { ...values, d: { ...chunks.d, argumentsDelta: '' } });
    const later = { call: 1, block: 0, toolCallId: 'call_0' };

    m.expect(source.pipe(accumulateArguments('weather'))).toBeObservable('----(az)------(bc)-|', {
      a: partial({ city: 'Bern' }, [whole, { path: ['city'], delta: 'Bern' }]),
      z: states.z,
      b: partial({}, [whole], later),
      c: { status: 'done', value: {}, changes: [], ...later },
    });
  });

  it('ends without an error where somebody stops the answer', (m) => {
    const source = m.cold('s-n-a-b-e-F|', pieces).pipe(interruptOn(m.cold('-----x')));

    m.expect(source.pipe(accumulateArguments('weather'))).toBeObservable('----a|', states);
  });

  it('passes on the error of the source', (m) => {
    const source = m.cold('s-n-a-#', pieces, cut);

    m.expect(source.pipe(accumulateArguments('weather'))).toBeObservable('----a-#', states, cut);
  });

  plainIt.each<[string, InvalidToolCallReason, FinishReason, string, boolean]>([
    ['{"city":"Be', 'incomplete', 'length', 'was cut off: unexpected end at position 11', false],
    ['{"city":Bern}', 'invalid-json', 'tool-calls', 'is not JSON: unexpected "B" at position 8', true],
    ['[1]', 'not-an-object', 'tool-calls', 'is not JSON: it is no object', true],
    ['', 'incomplete', 'length', 'was cut off: unexpected end at position 0', false],
  ])(
    'fails at the end of the call for the arguments %j, %s by %s',
    async (text, reason, end, message, retryable) => {
      const source = from([
        chunks.s,
        chunks.n,
        ...Object.values(deltas({ a: text })),
        invalid(text, reason),
        finishBy(end),
      ]);
      const run = lastValueFrom(source.pipe(accumulateArguments('weather'), toArray()));

      await expect(run).rejects.toMatchObject({
        name: 'StructuredOutputError',
        message: `A call of the tool "weather" ${message}`,
        retryable,
        text,
        provider: 'test',
        partial: { invalidToolCalls: [{ argumentsText: text }] },
      });
    },
  );

  plainIt('fails with the issues of arguments that do not fit', async () => {
    const source = from([chunks.s, chunks.n, pieces.a, pieces.b, chunks.e, chunks.F]);
    const run = lastValueFrom(source.pipe(accumulateArguments('weather', z.object({ city: z.number() }))));

    await expect(run).rejects.toMatchObject({
      name: 'StructuredOutputError',
      path: ['city'],
      text: '{"city":"Bern"}',
    });
  });

  plainIt('throws at the call for a name or a schema that is none', () => {
    expect(() => accumulateArguments('')).toThrow(
      'accumulateArguments: toolName must be a non-empty string, not ""',
    );
    expect(() => accumulateArguments('weather', {} as never)).toThrow(
      'accumulateArguments: schema must be a Standard Schema',
    );
  });
});
