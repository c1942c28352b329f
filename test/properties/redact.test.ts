import { array, constantFrom, nat, property } from 'fast-check';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { redact } from '../../operators/index.ts';
import type { StreamChunk } from '../../src/index.ts';
import { holds } from './runs.ts';
import { play, run } from './virtual.ts';

const text = array(constantFrom('a', 'b', '1', '-', 's', 'k', ' ', '\n', 'sk-', 'ab', '👍', 'é'), {
  maxLength: 30,
}).map((pieces) => pieces.join(''));
const pattern = constantFrom<RegExp | readonly string[]>(
  /sk-\w+/,
  /\d+-\d+/,
  /a{2,4}b?/i,
  /\bab\b/,
  /(?<=a)b|^s/m,
  /k$/,
  /👍+/u,
  ['abab', 'ab', 'sk-'],
  ['1', '11'],
);

function textOf(chunks: readonly StreamChunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '')).join('');
}

describe('redact', () => {
  it('replaces the same however the text is cut', () => {
    holds(
      property(text, array(nat(5), { minLength: 1, maxLength: 20 }), pattern, (whole, lengths, secret) => {
        const scheduler = new VirtualTimeScheduler();
        const pieces: string[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const length = (lengths[turn % lengths.length] ?? 0) + (turn % 5 === 4 ? 1 : 0);
          pieces.push(whole.slice(at, (at += length)));
        }
        const chunks: StreamChunk[] = [
          { type: 'start', provider: 'test', model: 'test-1' },
          ...pieces.map((piece): StreamChunk => ({ type: 'text-delta', text: piece, block: 0 })),
          { type: 'finish', reason: 'stop', metadata: {} },
        ];
        const { values, endings } = run(
          play(chunks, scheduler).pipe(redact(secret, { with: '#' })),
          scheduler,
        );
        const all =
          secret instanceof RegExp
            ? new RegExp(secret, `${secret.flags}g`)
            : new RegExp(secret.toSorted((one, other) => other.length - one.length).join('|'), 'g');

        expect(endings).toBe(1);
        expect(textOf(values)).toBe(whole.replaceAll(all, '#'));
      }),
    );
  });
});
