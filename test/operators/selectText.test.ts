import { catchError, of, tap, toArray } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { selectText } from '../../operators/selectText.ts';
import { RestartAfterOutputError, StreamInterruptedError } from '../../src/errors.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

const r = restartWith({});
const values = { ...chunks, r };
const letters = { a: 'a', b: 'b', c: 'c', A: 'A' };
const tooLate = new RestartAfterOutputError(
  'A retry voids text that has been delivered, after StreamInterruptedError: cut',
);

describe('selectText', () => {
  behavesAsOperator('selectText', () => selectText());

  it('emits the text alone', (m) => {
    const source = m.cold('s-t-A-u-c-f|', values);
    const expected = '     ----A---c--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it('emits nothing for an empty delta, which nothing can void', (m) => {
    const source = m.cold('s-e-r-s-a-f|', { ...values, e: { ...chunks.a, text: '' } });

    m.expect(source.pipe(selectText())).toBeObservable('--------a--|', letters);
  });

  it('fails at a restart that voids text', (m) => {
    const source = m.cold('s-a-r-s-b-f|', values);
    const subs = '         ^---!';
    const expected = '     --a-#';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters, tooLate);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('ignores a restart before the first text', (m) => {
    const source = m.cold('s-t-r-s-b-f|', values);
    const expected = '     --------b--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it('lets the text of finished calls stand at a restart', (m) => {
    const source = m.cold('s-a-f-r-s-r-s-b-f|', values);
    const expected = '     --a-----------b--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it("delivers the next attempt behind the voided text with onRestart 'repeat'", (m) => {
    const source = m.cold('s-a-r-s-a-b-r-s-c-f|', values);
    const expected = '     --a-----a-b-----c--|';

    m.expect(source.pipe(selectText({ onRestart: 'repeat' }))).toBeObservable(expected, letters);
  });

  it('tells with the error what was delivered and why it was voided', (m) => {
    const seen: unknown[] = [];
    const why = restartWith({
      usage: { ...usage, partial: true },
      error: {
        name: 'StreamInterruptedError',
        message: 'cut',
        retryable: true,
        provider: 'test',
        requestId: 'r1',
      },
    });
    const result = m
      .cold('s-t-A-u-r', { ...values, r: why })
      .pipe(selectText(), tap({ error: (error: unknown) => seen.push(error) }));

    m.expect(result).toBeObservable('----A---#', letters, tooLate);
    m.flush();
    const error = seen[0] as RestartAfterOutputError;
    expect(error).toMatchObject({ provider: 'test', requestId: 'r1', retryable: false });
    expect(error.cause).toBeInstanceOf(StreamInterruptedError);
    expect(error.partial).toMatchObject({ text: 'A', thinking: '', usage: { ...usage, partial: true } });
    expect(error.partial.message.content).toStrictEqual([{ type: 'text', text: 'A' }]);
  });

  it('needs no restart where the retry holds', (m) => {
    const source = inTurn(m.cold('s-a-#', values, cut), m.cold('s-a-b-f|', values));
    const result = source.pipe(retryStream({ delay: 0, afterOutput: 'hold' }), selectText(), toArray());

    m.expect(result).toBeObservable('-----------(x|)', { x: ['a', 'b'] });
  });

  it('passes on the very error of the source', (m) => {
    const result = m.cold('s-a-#', values, cut).pipe(
      selectText(),
      catchError((error: unknown) => of(error === cut ? 'same' : 'other')),
    );

    m.expect(result).toBeObservable('--a-(x|)', { a: 'a', x: 'same' });
  });

  vitestIt('throws at the call for an unknown onRestart', () => {
    expect(() => selectText({ onRestart: 'retry' as never })).toThrow(
      'selectText: onRestart must be fail, repeat, not retry',
    );
  });
});
