import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import { drawChunks, inVirtualTime, recordChunks } from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';
import { notificationsOf, readXml } from './xml.ts';

forbidClocks();

/** The log of a diagram. */
function logOf(diagram: string, error?: Error): string[] {
  const lines: string[] = [];
  inVirtualTime(({ coldChunks, flush }) => {
    coldChunks(diagram, {}, error)
      .pipe(recordChunks((line) => lines.push(line)))
      .subscribe({ error: () => undefined });
    flush();
  })();
  return lines;
}

describe('drawChunks', () => {
  it('draws a log as text, whole or by its lines', () => {
    const log = logOf('--H-i-|');
    const drawn = [
      '  ms        2    4 6',
      '  answer  --(sH)-i-(f|)',
      '',
      '  s  start test test-1',
      '  H  text "H" in block 0',
      '  i  text "i" in block 0',
      '  f  finish stop',
    ].join('\n');

    expect(drawChunks(log, { label: 'answer' })).toBe(drawn);
    expect(drawChunks(`${log.join('\n')}\n`, { label: 'answer' })).toBe(drawn);
    expect(drawChunks(new Set(log), { label: 'answer' })).toBe(drawn);
  });

  it('draws rows of 80 characters, or as many as it is told', () => {
    const log = logOf('abcdefghijklmnopqrstuvwxyz'.replaceAll('', '-----'));
    const widest = (options?: object) =>
      Math.max(
        ...drawChunks(log, options)
          .split('\n')
          .filter((line) => line.includes('--'))
          .map(({ length }) => length),
      );

    expect(widest()).toBeLessThanOrEqual(80);
    expect(widest()).toBeGreaterThan(60);
    expect(widest({ width: 40 })).toBeLessThanOrEqual(40);
  });

  it('draws a log as a picture', () => {
    const log = logOf('--H-i-|');

    expect(notificationsOf(readXml(drawChunks(log, { format: 'svg' })))).toHaveLength(5);
    expect(readXml(drawChunks(log, { format: 'svg', width: 700, label: 'A' })).attributes.get('width')).toBe(
      '700',
    );
  });

  it('tells the error at the end', () => {
    const error = new ProviderError('busy', { status: 529, retryable: false });

    expect(drawChunks(logOf('-H#', error))).toContain('  #  error ProviderError: busy');
  });

  it('shows that a reader has left where the log has no end', () => {
    expect(drawChunks(logOf('-H-i-'))).toContain('-(sH)-(i!)');
    expect(drawChunks([])).toBe('  ms\n\n');
  });

  it('does not run backwards where the clock was set back', () => {
    const log = [5, 3, 9].map((at) => `{"at":${at},"chunk":{"type":"raw","event":${at}}}`);

    expect(drawChunks(log).split('\n').slice(0, 2)).toEqual([
      '  ms       5      9',
      '      -----(rR)---(a!)',
    ]);
  });

  it('throws at what is no log', () => {
    expect(() => drawChunks('hello')).toThrow('drawChunks: line 1 is not of a chunk log: hello');
    expect(() => drawChunks('\n{"at":0,"complete":true}\n\n{"at":0,"complete":true}')).toThrow(
      'drawChunks: line 4 follows the end; a log holds one stream',
    );
    expect(() => drawChunks('', { format: 'png' as never })).toThrow(
      'drawChunks: format must be text, svg, not png',
    );
  });
});
