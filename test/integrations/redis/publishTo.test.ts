import { takeWhile, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { publishTo } from '../../../integrations/redis.ts';
import { ProviderError, SinkError } from '../../../src/errors.ts';
import { chunks, cut } from '../../chunks.ts';
import { behavesAsOperator } from '../../contract.ts';
import { it } from '../../marbles.ts';
import { fakeRedis } from './fakeRedis.ts';

const { s, a, c, f } = chunks;
const end = { type: 'end' };
const aborted = { type: 'finish', reason: 'aborted', metadata: {} } as const;
const values = { ...chunks, x: aborted };
const refused = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
const oom = new SinkError('Redis could not be written to: OOM command not allowed', {
  provider: 'redis',
  code: 'OOM',
});

describe('publishTo', () => {
  behavesAsOperator('publishTo', () => publishTo(fakeRedis(0).client, 'run'));

  it('passes chunks on at once, and ends when everything is written', (m) => {
    const { client, written } = fakeRedis(4);
    const source = m.cold('    s-a-b-c-f|', chunks);
    const expected = '     ----s-a-b-c-f-------|';

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable(expected, chunks);
    m.flush();
    expect(written).toEqual([[s], [{ ...a, text: 'ab' }], [c, f], [end]]);
  });

  it('makes no request before the run has begun', (m) => {
    const source = m.cold('s-a-f|', chunks);

    m.expect(source.pipe(publishTo(fakeRedis(3).client, 'run'))).toBeObservable('---s-a-f----|', chunks);
    m.expect(source).toHaveSubscriptions('---^----!');
  });

  it('drops of what waits what a restart voids', (m) => {
    const { client, written } = fakeRedis(9);
    const restart = { type: 'restart', attempt: 2, maxAttempts: 3, delayMs: 0, error: cut.toJSON() } as const;
    const source = m.cold('sabcrsaf|', { ...chunks, r: restart });

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('---------sabcrsaf----------|', {
      ...chunks,
      r: restart,
    });
    m.flush();
    expect(written).toEqual([[s], [restart, s, a, f, end]]);
  });

  it('errors with what the source errors with when that is written', (m) => {
    const { client, written } = fakeRedis(4);
    const source = m.cold('    s-a-#', chunks, cut);

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('----s-a-----#', chunks, cut);
    m.flush();
    expect(written).toEqual([[s], [a, { type: 'error', error: cut.toJSON() }]]);
  });

  it('tells followers nothing of an error that is not of this library', (m) => {
    const { client, written } = fakeRedis(0);
    const secret = new Error('password=secret');

    m.expect(throwError(() => secret).pipe(publishTo(client, 'run'))).toBeObservable('#', {}, secret);
    m.flush();
    const told = new ProviderError('The server failed', { code: 'internal', retryable: false });
    expect(written).toEqual([[{ type: 'error', error: told.toJSON() }]]);
  });

  it('stops the run within half a second when it is asked to', (m) => {
    const { client, written } = fakeRedis(0, (_, count) => (count > 3 ? 'stop' : 'go on'));
    const source = m.cold('s-a----', chunks);

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('s-a 497ms (x|)', values);
    m.expect(source).toHaveSubscriptions('^ 499ms !');
    m.flush();
    expect(written).toEqual([[s], [a], [aborted], [end]]);
  });

  it('makes no request where Redis fails at the beginning', (m) => {
    const source = m.cold('s-a-f|', chunks);
    const { client } = fakeRedis(2, () => refused);

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('--#', {}, oom);
    m.expect(source).toHaveSubscriptions([]);
  });

  it('makes no request where there is such a run', (m) => {
    const source = m.cold('s-a-f|', chunks);
    const { client } = fakeRedis(2, () => 'taken');
    const conflict = new SinkError(
      'The run "run" is or was written by somebody else: follow it, or take another name',
      { provider: 'redis', code: 'CONFLICT' },
    );

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('--#', {}, conflict);
    m.expect(source).toHaveSubscriptions([]);
  });

  it('passes the answer on to its end where Redis fails later, and errors then', (m) => {
    const source = m.cold('s-a-b-c-f|', chunks);
    const { client, written } = fakeRedis(0, (said) =>
      said.includes(end) || said.length === 0 ? 'go on' : refused,
    );

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('s-a-b-c-f#', chunks, oom);
    m.flush();
    expect(written).toEqual([[s]]);
  });

  it('fails where Redis does not know the run any more', (m) => {
    const { client } = fakeRedis(0, (_, count) => (count > 1 ? 'lost' : 'go on'));
    const lost = new SinkError(
      'Redis has lost the run "run": it was started anew, or has too little memory for what it is to keep',
      { provider: 'redis', code: 'LOST' },
    );

    m.expect(m.cold('s-a-f|', chunks).pipe(publishTo(client, 'run'))).toBeObservable('s-a-f#', chunks, lost);
  });

  it('waits 30 seconds for an answer of Redis', (m) => {
    const { client } = fakeRedis(0, (_, count) => (count > 1 ? 'nothing' : 'go on'));
    const silent = new SinkError('Redis could not be written to: there was no answer for 30000 ms', {
      provider: 'redis',
      code: 'TIMEOUT',
    });

    m.expect(m.cold('s-a-f|', chunks).pipe(publishTo(client, 'run'))).toBeObservable(
      's-a-f 29995ms #',
      chunks,
      silent,
    );
  });

  it('goes on while signs of life are not answered, and aborts when somebody else has taken the run over', (m) => {
    const answers: unknown[] = ['go on', refused, 'taken'];
    const { client } = fakeRedis(0, (said) => (said.length > 0 ? 'go on' : answers.shift()));
    const source = m.cold('s---', chunks);
    const conflict = new SinkError(
      'The run "run" is or was written by somebody else: follow it, or take another name',
      { provider: 'redis', code: 'CONFLICT' },
    );

    m.expect(source.pipe(publishTo(client, 'run'))).toBeObservable('s 999ms #', chunks, conflict);
    m.expect(source).toHaveSubscriptions('^ 999ms !');
  });

  it('tells followers that the run was left when unsubscribed from', (m) => {
    const { client, written } = fakeRedis(0);
    const source = m.cold('s-a-b', chunks);

    m.expect(source.pipe(publishTo(client, 'run')), '^--!').toBeObservable('s-a', chunks);
    m.expect(source).toHaveSubscriptions('^--!');
    m.flush();
    expect(written.at(-1)).toMatchObject([{ type: 'error', error: { name: 'StreamInterruptedError' } }]);
  });

  it('writes nothing for who takes less', (m) => {
    const { client, written } = fakeRedis(0);
    const source = m.cold('s-a-b', chunks).pipe(
      publishTo(client, 'run'),
      takeWhile(({ type }) => type === 'start'),
    );

    m.expect(source).toBeObservable('s-|', chunks);
    m.flush();
    expect(written).toHaveLength(2);
  });

  plainIt.each([0, 1.5, Infinity])('refuses to keep a run for %s milliseconds', (keepFor) => {
    expect(() => publishTo(fakeRedis(0).client, 'run', { keepFor })).toThrow(
      `publishTo: keepFor must be a whole number from 1 to 2147483647, not ${keepFor}`,
    );
  });
});
