import { tap } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { GrammarError, ProviderError, type RxllmError, StreamInterruptedError } from '../../src/errors.ts';
import { replayChunks } from '../../testing/replayChunks.ts';
import { chunks } from '../chunks.ts';
import { it } from '../marbles.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

function line(at: number, event: object): string {
  return JSON.stringify({ at, ...event });
}

describe('replayChunks', () => {
  const log = [
    line(0, { chunk: chunks.s }),
    line(2, { chunk: chunks.a }),
    line(4, { chunk: chunks.f }),
    line(5, { complete: true }),
  ];

  it('plays a log at its recorded times', (m) => {
    m.expect(replayChunks(log)).toBeObservable('s-a-f|', chunks);
    m.expect(replayChunks(log), '--^').toBeObservable('--s-a-f|', chunks);
  });

  it('plays it at once if asked to', (m) => {
    m.expect(replayChunks(log, { pace: 'at-once' })).toBeObservable('(saf|)', chunks);
  });

  it('takes a whole log as one string', (m) => {
    m.expect(replayChunks(`${log.join('\r\n\n')}\n`)).toBeObservable('s-a-f|', chunks);
  });

  it('takes lines as they come, and keeps their times', (m) => {
    const [one = '', two = '', three = '', four = ''] = log;
    const lines = m.cold('12-----34|', { 1: one, 2: two, 3: three, 4: four });

    m.expect(replayChunks(lines)).toBeObservable('s-a----f-|', chunks);
    m.expect(lines).toHaveSubscriptions('^--------!');
  });

  it('takes the clock it is given, and cancels its wait when unsubscribed from', (m) => {
    const unsub = '^--!';

    m.expect(replayChunks(log, { scheduler: m.scheduler }), unsub).toBeObservable('s-a-', chunks);
  });

  it('plays everything before the line at fault, then errors naming it', (m) => {
    const fault = (text: string, number = 2) =>
      new GrammarError(`replayChunks: line ${number} is not of a chunk log: ${text}`);

    for (const text of [
      '{"at":2,"chunk":{',
      '[]',
      'null',
      '7',
      '{"chunk":{"type":"start"}}',
      '{"at":-1,"complete":true}',
      '{"at":1,"chunk":{}}',
      '{"at":1,"chunk":null}',
      '{"at":1,"error":{"name":"Error"}}',
      '{"at":1,"complete":false}',
    ]) {
      m.expect(replayChunks([line(1, { chunk: chunks.s }), text])).toBeObservable(
        '-(s#)',
        chunks,
        fault(text),
      );
    }
    m.expect(replayChunks('y'.repeat(101))).toBeObservable('#', {}, fault(`${'y'.repeat(100)}…`, 1));
  });

  it('errors where a second stream follows the end', (m) => {
    const error = new GrammarError('replayChunks: line 5 follows the end; a log holds one stream');

    m.expect(replayChunks([...log, ...log])).toBeObservable('s-a-f#', chunks, error);
  });

  it('errors with what had come where the log has no end', (m) => {
    const caught = vi.fn<(error: RxllmError) => void>();
    const open = replayChunks(log.slice(0, 2)).pipe(tap({ error: caught }));

    m.expect(open).toBeObservable(
      's-(a#)',
      chunks,
      new StreamInterruptedError('replayChunks: the log has no end'),
    );
    m.expect(replayChunks([])).toBeObservable(
      '#',
      {},
      new StreamInterruptedError('replayChunks: the log has no end'),
    );
    m.flush();

    expect(caught.mock.lastCall?.[0].partial.text).toBe('a');
  });

  it('makes a ProviderError of an error that is not of this library', (m) => {
    const lines = [line(1, { error: { name: 'TypeError', message: 'odd', retryable: false } })];

    m.expect(replayChunks(lines)).toBeObservable('-#', {}, new ProviderError('odd', { retryable: false }));
  });

  plainIt('throws at the call for a wrong pace', () => {
    expect(() => replayChunks([], { pace: 'fast' as 'recorded' })).toThrow(
      'replayChunks: pace must be recorded, at-once, not fast',
    );
  });
});
