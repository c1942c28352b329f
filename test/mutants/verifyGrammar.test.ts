import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks } from '../chunks.ts';

const { s, f, F, n, e } = chunks;
const refusal: StreamChunk = { type: 'refusal-delta', text: 'no', block: 0 };
const thinking: StreamChunk = { type: 'thinking-delta', text: 'Hm', block: 0, kind: 'thinking' };
const text: StreamChunk = { type: 'text-delta', text: 'a', block: 0 };
const source: StreamChunk = { type: 'source', url: 'https://example.org', block: 0 };
const signature: StreamChunk = { type: 'thinking-signature', block: 0, format: 'test', data: 'x' };
const raw: StreamChunk = { type: 'raw', event: {} };
const result: StreamChunk = {
  type: 'tool-result',
  toolCallId: 'call_0',
  toolName: 'weather',
  result: 1,
  isError: false,
  durationMs: 0,
};
const progress: StreamChunk = { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 1 };
const runs: StreamChunk = { ...result, providerExecuted: true, block: 0 };

const verify = (...all: readonly StreamChunk[]) => lastValueFrom(from(all).pipe(verifyGrammar(), toArray()));

describe('verifyGrammar', () => {
  it.each<[string, readonly StreamChunk[]]>([
    ['a refusal', [s, refusal, refusal, f]],
    ['a source before its text', [s, source, text, f]],
    ['a signature before what it signs', [s, signature, thinking, signature, f]],
    ['raw events', [s, raw, text, raw, f]],
    ['a result of the provider', [s, runs, f]],
    ['progress and a result behind the finish', [s, n, e, F, progress, result]],
    [
      'a call behind a restart',
      [
        s,
        text,
        {
          type: 'restart',
          attempt: 2,
          maxAttempts: 3,
          delayMs: 0,
          error: { name: 'Error', message: 'no', retryable: true },
        },
        s,
        f,
      ],
    ],
  ])('passes on %s', async (_, all) => {
    expect(await verify(...all)).toEqual(all);
  });

  it.each<[string, string, readonly StreamChunk[]]>([
    ['another kind in the block of a refusal', 'block 0 is a refusal', [s, refusal, text, f]],
    ['another kind in the block of thinking', 'block 0 is a thinking', [s, thinking, text, f]],
    ['another kind in the block of a result', 'block 0 is a tool result', [s, runs, text, f]],
    ['another kind behind a source', 'block 0 is a text', [s, source, refusal, f]],
    ['another kind behind what was signed', 'block 0 is a thinking', [s, signature, thinking, text, f]],
    ['progress of an unknown call', 'no tool call call_0 of this model call', [s, progress, f]],
    ['a second result of a call', 'no tool call call_0 of this model call', [s, n, e, F, result, result]],
    ['a result of the provider behind the finish', 'has a block inside its call', [s, f, runs]],
    [
      'anything behind an error',
      'nothing may follow the end',
      [s, { type: 'error', error: { name: 'Error', message: 'no', retryable: false } }, text],
    ],
  ])('refuses %s', async (_, why, all) => {
    await expect(verify(...all)).rejects.toThrow(why);
  });
});
