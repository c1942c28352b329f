import { catchError, EMPTY, of, tap, toArray } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { selectText } from '../../operators/selectText.ts';
import { RestartAfterOutputError, StreamInterruptedError } from '../../src/errors.ts';
import { finish, restart, text, thinking, usage } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';

const u = usage({ inputTokens: 3, outputTokens: 5 });
const values = { s: { type: 'start' }, f: finish(), r: restart(), t: thinking('t'), e: text(''), u } as const;
const letters = { a: 'a', b: 'b', c: 'c', A: 'A' };
const cut = new StreamInterruptedError('cut');
const tooLate = new RestartAfterOutputError(
  'A retry voids text that has been delivered, after StreamInterruptedError: The stream broke off',
);

describe('selectText', () => {
  behavesAsOperator('selectText', () => selectText());

  it('emits the text alone', (m) => {
    const source = m.coldChunks('s-t-A-u-c-f|', values);
    const expected = '           ----A---c--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it('emits nothing for an empty delta, which nothing can void', (m) => {
    const source = m.coldChunks('s-e-r-s-a-f|', values);

    m.expect(source.pipe(selectText())).toBeObservable('--------a--|', letters);
  });

  it('fails at a restart that voids text', (m) => {
    const source = m.coldChunks('s-a-r-s-b-f|', values);
    const subs = '               ^---!';
    const expected = '           --a-#';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters, tooLate);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('ignores a restart before the first text', (m) => {
    const source = m.coldChunks('s-t-r-s-b-f|', values);
    const expected = '           --------b--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it('lets the text of finished calls stand at a restart', (m) => {
    const source = m.coldChunks('s-a-f-r-s-r-s-b-f|', values);
    const expected = '           --a-----------b--|';

    m.expect(source.pipe(selectText())).toBeObservable(expected, letters);
  });

  it("delivers the next attempt behind the voided text with onRestart 'repeat'", (m) => {
    const source = m.coldChunks('s-a-r-s-a-b-r-s-c-f|', values);
    const expected = '           --a-----a-b-----c--|';

    m.expect(source.pipe(selectText({ onRestart: 'repeat' }))).toBeObservable(expected, letters);
  });

  it('tells with the error what was delivered and why it was voided', (m) => {
    const error = new StreamInterruptedError('gone', { provider: 'test', requestId: 'r1' });
    const why = restart({ usage: { ...u.usage, partial: true }, error });
    const source = m.coldChunks('s-t-A-u-r', { ...values, r: why });
    const seen: RestartAfterOutputError[] = [];
    const result = source.pipe(
      selectText(),
      tap({ error: (late: RestartAfterOutputError) => seen.push(late) }),
    );

    m.expect(result.pipe(catchError(() => EMPTY))).toBeObservable('----A---|', letters);
    m.flush();
    expect(seen).toMatchObject([
      {
        name: 'RestartAfterOutputError',
        message: 'A retry voids text that has been delivered, after StreamInterruptedError: gone',
        ...{ provider: 'test', requestId: 'r1', retryable: false },
        partial: { text: 'A', thinking: '', usage: { ...u.usage, partial: true } },
      },
    ]);
    expect(seen[0]?.cause).toBeInstanceOf(StreamInterruptedError);
    expect(seen[0]?.partial.message).toStrictEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'A' }],
    });
  });

  it('needs no restart where the retry holds', (m) => {
    const source = inTurn(m.coldChunks('s-a-#', values), m.coldChunks('s-a-b-f|', values));
    const result = source.pipe(retryStream({ delay: 0, afterOutput: 'hold' }), selectText(), toArray());

    m.expect(result).toBeObservable('-----------(x|)', { x: ['a', 'b'] });
  });

  it('passes on the very error of the source', (m) => {
    const result = m.coldChunks('s-a-#', values, cut).pipe(
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
