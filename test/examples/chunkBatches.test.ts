import { map, timer } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { execFileSync } from 'node:child_process';
import { processInBatches } from '../../examples/chunkBatches.ts';
import { SinkError, StreamInterruptedError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { restart } from '../../testing/index.ts';
import { it } from '../marbles.ts';

/** The texts of a batch, or what else it is, after so many milliseconds. */
const taking = (milliseconds: number) => (batch: readonly StreamChunk[]) =>
  timer(milliseconds).pipe(
    map(() => batch.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : chunk.type)).join('')),
  );

const broken = new StreamInterruptedError('The stream broke off');

describe('examples/chunkBatches.ts', () => {
  it('hands over ten at a time, and the rest at the end', (m) => {
    const source = m.coldChunks('abcdefghijklm|');
    const expected = '           s--------x---(yz|)';
    const values = { s: 'start', x: 'abcdefghij', y: 'klm', z: 'finish' };

    m.expect(source.pipe(processInBatches(taking(0)))).toBeObservable(expected, values);
  });

  it('hands over the next when the one before is done', (m) => {
    const source = m.coldChunks('abcdefghijklm|');
    const expected = '           -----s--------x----y----(z|)';
    const values = { s: 'start', x: 'abcdefghij', y: 'klm', z: 'finish' };

    m.expect(source.pipe(processInBatches(taking(5)))).toBeObservable(expected, values);
  });

  it('hands over the rest before an error', (m) => {
    const source = m.coldChunks('abc-----#');
    const expected = '           -----s-------(x#)';
    const values = { s: 'start', x: 'abc' };

    m.expect(source.pipe(processInBatches(taking(5)))).toBeObservable(expected, values, broken);
  });

  it('keeps a restart in its place', (m) => {
    const source = m.coldChunks('abr----cd|', { r: restart() });
    const expected = '           s-(tr)-u-(vz|)';
    const values = { s: 'start', t: 'ab', r: 'restart', u: 'start', v: 'cd', z: 'finish' };

    m.expect(source.pipe(processInBatches(taking(0)))).toBeObservable(expected, values);
  });

  it('aborts the request when more batches wait than may, and still hands those over', (m) => {
    const source = m.coldChunks('abcdefghijklmnopqrstuvwxyz');
    const subs = '               ^------------------!';
    const expected = '90ms s 89ms (a#)';
    const values = { s: 'start', a: 'abcdefghij' };
    const error = new SinkError('More than 1 batches wait for the consumer', { code: 'LIMIT_EXCEEDED' });

    m.expect(source.pipe(processInBatches(taking(90), 1))).toBeObservable(expected, values, error);
    m.expect(source).toHaveSubscriptions(subs);
  });

  plainIt('runs without a key', () => {
    const sources = new URL('sources.ts', import.meta.url).href;
    const example = new URL('../../examples/chunkBatches.ts', import.meta.url).pathname;
    const { MODEL: _, ...env } = process.env;
    const printed = execFileSync(process.execPath, ['--import', sources, example], { encoding: 'utf8', env });

    expect(printed.split('\n')).toEqual([
      'saved 1: [start]',
      'saved 10: A marble rolled out of a pocket. It crossed the',
      'saved 10: yard, the street and the bridge, and where the hill',
      'saved 10: began it turned round, since it had only wanted to',
      'saved 7: know how far it could go alone.',
      'saved 1: [finish]',
      '',
    ]);
  });
});
