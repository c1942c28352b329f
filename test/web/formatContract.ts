import { concat, filter, from, map, NEVER, of, take, tap } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { selectText } from '../../operators/selectText.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError, ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { text } from '../../testing/index.ts';
import type { ChunkFormat } from '../../web/index.ts';
import { listChunks, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';
import { failing, finish, say, start } from './said.ts';
import { decode, encode, outcomeOf } from './wire.ts';

const busy = new ProviderError('busy', {
  provider: 'test',
  status: 529,
  code: 'overloaded',
  retryable: true,
});
const words = { x: 'snow', y: 'rain' };
const values = { x: text(words.x), y: text(words.y) };
const strange = 'Hi\n\r\u2028 "öß😀\0';

/**
 * What every format owes who writes a body with it and who reads one.
 *
 * `catchesErrors` says whether it has words for an error, or cuts the connection.
 */
export function behavesAsFormat(
  name: string,
  create: () => ChunkFormat,
  { catchesErrors = true }: { readonly catchesErrors?: boolean } = {},
): void {
  behavesAsOperator(`${name}().encode`, () => create().encode, { catchesErrors });

  describe(`${name} as a format`, () => {
    it('writes text when it comes', (m) => {
      const written = m.coldChunks('--x--y--|', values).pipe(
        create().encode,
        map((piece) => /snow|rain/.exec(piece)?.[0]),
        filter((word) => word !== undefined),
      );

      m.expect(written).toBeObservable('--x--y--|', words);
    });

    plainIt('takes an error that is a chunk for one that is thrown', async () => {
      const write = async (source: Parameters<typeof encode>[1]) => {
        const { seen, error } = await outcomeOf(from(source).pipe(create().encode));
        return { written: seen.join(''), error: JSON.stringify(error) };
      };

      expect(await write([start, say('a'), { type: 'error', error: busy.toJSON() }])).toStrictEqual(
        await write(failing(busy, start, say('a'))),
      );
    });
  });

  const { decode: read } = create();
  if (!read) return;

  describe(`${name} when it is read`, () => {
    it('is the text that was written, at once, and completes at the end marker', (m) => {
      const written = concat(m.coldChunks('--x--y--|', values).pipe(create().encode), NEVER);

      m.expect(written.pipe(read, selectText())).toBeObservable('--x--y--|', words);
    });

    plainIt('is nothing where nothing was written', async () => {
      const written = await encode(create(), []);

      expect(await decode(create(), [written])).toStrictEqual({ seen: [], error: undefined });
    });

    plainIt('is the same however the body is cut', async () => {
      const written = await encode(create(), listChunks(text(strange), text('!'), []));
      const whole = await decode(create(), [written]);
      const cuts = Array.from(written, (_, at) => [written.slice(0, at), written.slice(at)]);

      expect(whole.error).toBeUndefined();
      expect(textOf(whole.seen)).toBe(`${strange}!`);
      for (const pieces of [Array.from(written), written.split(''), ...cuts]) {
        expect(await decode(create(), pieces)).toStrictEqual(whole);
      }
    });

    plainIt('obeys the grammar', async () => {
      const written = await encode(create(), [start, say('a'), finish(), start, say('b'), finish()]);
      const { seen, error } = await outcomeOf(of(written).pipe(read, verifyGrammar()));

      expect(error).toBeUndefined();
      expect(seen.map(({ type }) => type)).toContain('finish');
    });

    plainIt('fails as the source did, behind what had come', async () => {
      const { seen, error } = await decode(create(), [
        await encode(create(), failing(busy, start, say('a'))),
      ]);

      expect(textOf(seen)).toBe('a');
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ message: 'busy', status: 529, code: 'overloaded', retryable: true });
    });

    plainIt('fails with what had come where the body ends without its end', async () => {
      const pieces: string[] = [];
      concat(of(start, say('a')), NEVER)
        .pipe(create().encode)
        .subscribe((piece) => pieces.push(piece))
        .unsubscribe();
      const { seen, error } = await decode(create(), pieces);

      expect(textOf(seen)).toBe('a');
      expect(error).toBeInstanceOf(StreamInterruptedError);
      expect(error).toMatchObject({ partial: { text: 'a' } });
    });

    plainIt('never has text twice where a restart voids some', async () => {
      const source = [start, say('a'), restartWith({}), start, say('b'), finish()];
      const { seen, error } = await decode(create(), [await encode(create(), source)]);
      const response = new ResponseBuilder();
      for (const chunk of seen) response.add(chunk);

      const { name: refusal = 'none' } = (error ?? {}) as { name?: string };
      expect(refusal).toBe(textOf(seen) === 'a' ? 'RestartAfterOutputError' : 'none');
      expect(response.partial.text).toBe(textOf(seen) === 'a' ? 'a' : 'b');
    });

    plainIt('fails with an error of this library at what it cannot read', async () => {
      const { error } = await decode(create(), ['{"nonsense', ': }\n\n']);

      expect(isRxllmError(error)).toBe(true);
    });

    plainIt('is read no further than somebody wants', async () => {
      let asked = 0;
      const pieces = Array.from(await encode(create(), [start, say('a'), say('b'), finish()]));
      const source = from(pieces).pipe(tap(() => (asked += 1)));

      await outcomeOf(source.pipe(read, take(1)));
      expect(asked).toBeLessThan(pieces.length);
    });
  });
}

function textOf(seen: readonly StreamChunk[]): string {
  return seen.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '')).join('');
}
