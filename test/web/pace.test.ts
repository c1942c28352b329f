import { fromEventPattern, map, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { ndjson, sse, text } from '../../web/index.ts';
import { type Pace, paced } from '../../web/internal/paced.ts';
import { type BodyOptions, writeBody } from '../../web/internal/writeBody.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it, type Marbles } from '../marbles.ts';

const r = restartWith({});
const values: Record<string, StreamChunk> = {
  ...chunks,
  r,
  x: { type: 'text-delta', text: 'ab', block: 0 },
  y: { type: 'text-delta', text: 'abc', block: 0 },
  i: { type: 'text-delta', text: 'a', block: 0, eventId: '1' } as StreamChunk,
  j: { type: 'text-delta', text: 'b', block: 0, eventId: '2' } as StreamChunk,
};
const idle: Pace = { isBusy: () => false, ready: NEVER };

/** A reader who is busy in the frames marked `B`, and tells at `r` that it is ready. */
function reader(m: Marbles, diagram: string) {
  const ready = m.hot(diagram.replaceAll('B', '-'));
  return { isBusy: () => diagram[m.scheduler.frame] === 'B', ready };
}

describe('paced', () => {
  behavesAsOperator('paced', () => paced(idle));

  it('lets chunks pass while the reader is not busy', (m) => {
    const source = m.cold('s-a-(bc)-f|', values);

    m.expect(source.pipe(paced(idle))).toBeObservable('s-a-(bc)-f|', values);
  });

  it('joins what waits while the reader is busy', (m) => {
    const busy = reader(m, '-BBBBBBBr--');
    const source = m.cold('  s-a-b-c--f|', values);
    const expected = '       s-------yf|';

    m.expect(source.pipe(paced(busy))).toBeObservable(expected, values);
  });

  it('keeps the end until what waits has passed', (m) => {
    const completing = m.cold('s-ab|', values).pipe(paced(reader(m, '-BBBBBBBr')));
    const failing = m.cold('s-ab#', values, cut).pipe(paced(reader(m, '-BBBBBBBr')));

    m.expect(completing).toBeObservable('s-------(x|)', values);
    m.expect(failing).toBeObservable('s-------(x#)', values, cut);
  });

  it('drops what waits when a restart voids it', (m) => {
    const busy = reader(m, '-BBBBBBBBr--');
    const source = m.cold('  s-a-rsb-------f|', values);
    const expected = '       s--------(rsb)f|';

    m.expect(source.pipe(paced(busy))).toBeObservable(expected, values);
  });

  it('does not join chunks of a log, which have an id each', (m) => {
    const source = m.cold('s-ij-|', values);
    const expected = '     s-------(ij|)';

    m.expect(source.pipe(paced(reader(m, '-BBBBBBBr')))).toBeObservable(expected, values);
  });

  it('stops in between where the reader becomes busy', (m) => {
    let taken = 0;
    const one = { isBusy: () => taken % 2 === 1, ready: m.hot('----r---r').pipe(map(() => (taken = 0))) };
    const source = m.cold('(saf|)', values).pipe(
      paced(one),
      map((chunk) => ((taken += 1), chunk)),
    );

    m.expect(source).toBeObservable('s---a---(f|)', values);
  });

  it('leaves the reader and the source when unsubscribed from', (m) => {
    const source = m.hot('s-a-b-c', values);
    let listeners = 0;
    const ready = fromEventPattern(
      () => (listeners += 1),
      () => (listeners -= 1),
    );

    m.expect(source.pipe(paced({ ...idle, ready })), '---!').toBeObservable('s-a', values);
    m.expect(source).toHaveSubscriptions('^--!');
    m.flush();
    expect(listeners).toBe(0);
  });
});

describe('the body of a response', () => {
  const body = (m: Marbles, source: string, options: BodyOptions, pace = idle) =>
    writeBody('test', m.cold(source, values), { format: ndjson(), ...options })
      .text(pace)
      .pipe(map((piece) => (piece === '\n' ? 'h' : (/"type":"(.)/.exec(piece)?.[1] ?? piece))));

  it('has a heartbeat after each such time in which nothing was written', (m) => {
    m.expect(body(m, 's--------a------|', { heartbeat: 4 })).toBeObservable('s---h---ht---h--(e|)', {
      s: 's',
      h: 'h',
      t: 't',
      e: 'e',
    });
  });

  it('has no heartbeat while the reader is busy', (m) => {
    const expected = 's-----------h-(e|)';

    m.expect(body(m, 's-------------|', { heartbeat: 4 }, reader(m, '-BBBBBBBBr-----'))).toBeObservable(
      expected,
    );
  });

  it('has a heartbeat every 15 seconds where nothing else is said', (m) => {
    m.expect(body(m, '-------- 40s |', {})).toBeObservable('15s h 14999ms h 10007ms (e|)');
  });

  it('has none where it is told so, and where the format has none', (m) => {
    m.expect(body(m, '- 40s |', { heartbeat: Infinity })).toBeObservable('- 40s (e|)');
    m.expect(body(m, '- 40s |', { format: text() })).toBeObservable('- 40s |');
  });

  plainIt('tells nothing of an error that is not of this library', () => {
    const told: string[] = [];
    const source = throwError(() => new Error('password=secret'));
    writeBody('test', source, { format: sse() })
      .text(idle)
      .subscribe((piece) => told.push(piece));

    expect(told.join('')).toContain('"message":"The server failed"');
    expect(told.join('')).not.toContain('secret');
  });

  plainIt('keeps the error itself as the cause for whoever has the format', () => {
    const own = new TypeError('broken');
    const errors: unknown[] = [];
    writeBody(
      'test',
      throwError(() => own),
      { format: text() },
    )
      .text(idle)
      .subscribe({ error: (error) => errors.push(error) });

    expect(errors).toStrictEqual([expect.any(ProviderError)]);
    expect(errors[0]).toMatchObject({ cause: own, code: 'internal', retryable: false });
  });

  plainIt('refuses a wrong heartbeat', () => {
    expect(() => writeBody('toResponse', of(), { heartbeat: 0 })).toThrow(
      'toResponse: heartbeat must be a number from 1, not 0',
    );
  });
});
