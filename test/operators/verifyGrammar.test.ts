import { from, take } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const { s, a, A, t, n, d, e, u, f, F } = chunks;
const r = restartWith({});
const o: StreamChunk = {
  type: 'tool-result',
  toolCallId: 'call_0',
  toolName: 'weather',
  result: 'sunny',
  isError: false,
  durationMs: 1,
};
const p: StreamChunk = { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 1 };
const q: StreamChunk = { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: {} };
const message: StreamChunk = { type: 'message', message: { role: 'assistant', content: [] } };
const end: StreamChunk = { type: 'run-finish', reason: 'stop', durationMs: 1, rounds: 1 };
const error: StreamChunk = { type: 'error', error: { name: 'Error', message: 'x', retryable: false } };
const raw: StreamChunk = { type: 'raw', event: {} };
const signature: StreamChunk = { type: 'thinking-signature', block: 0, format: 'test', data: 'x' };
const invalid: StreamChunk = {
  type: 'tool-call-invalid',
  toolCallId: 'call_0',
  toolName: 'weather',
  argumentsText: '',
  reason: 'incomplete',
  block: 0,
};
const source: StreamChunk = { type: 'source', block: 0, url: 'https://example.org' };
const refusal: StreamChunk = { type: 'refusal-delta', text: 'no', block: 0 };
const search: StreamChunk = { ...o, providerExecuted: true, block: 1 };

function fault(...all: StreamChunk[]): string | undefined {
  let found: string | undefined;
  from(all)
    .pipe(verifyGrammar())
    .subscribe({ error: (broken: Error) => (found = `${broken.name}: ${broken.message}`) });
  return found;
}

describe('verifyGrammar', () => {
  behavesAsOperator('verifyGrammar', () => verifyGrammar());

  it('passes a right stream on as it is', (m) => {
    m.expect(m.cold('s-a-u-f|', chunks).pipe(verifyGrammar())).toBeObservable('s-a-u-f|', chunks);
    m.expect(m.cold('s-a-#', chunks, cut).pipe(verifyGrammar())).toBeObservable('s-a-#', chunks, cut);
  });

  vitestIt('lets take stop a source that never ends', () => {
    const endless = from(
      (function* () {
        yield s;
        for (;;) yield a;
      })(),
    );
    const seen: StreamChunk[] = [];
    endless.pipe(verifyGrammar(), take(3)).subscribe((chunk) => seen.push(chunk));

    expect(seen).toEqual([s, a, a]);
  });

  vitestIt.each<[string, StreamChunk[]]>([
    ['several calls', [s, a, f, s, t, A, f]],
    ['a tool round with progress and a message', [s, n, d, e, F, q, p, o, message, s, a, f, message, end]],
    ['tools that run before the finish', [s, n, e, o, u, f]],
    ['a restart', [s, a, r, s, a, f]],
    ['a restart before any start', [r, s, f]],
    ['a restart of the next call before its start', [s, a, f, r, s, f]],
    ['an error as the last chunk', [s, a, error]],
    ['raw events, sources, refusals', [s, raw, source, a, f, s, refusal, f]],
    ['a signature before its thinking', [s, signature, t, f]],
    ['an invalid call', [s, n, invalid, f]],
    ['a search of the provider', [s, { ...a, block: 0 }, search, f]],
    ['a refusal in pieces', [s, refusal, refusal, f]],
    ['a source before its text', [s, source, a, f]],
    ['a signature within its thinking', [s, signature, t, signature, f]],
    ['raw events between text', [s, raw, a, raw, f]],
    ['a result of the provider in a block of its own', [s, { ...search, block: 0 }, f]],
    ['calls of the same id', [s, n, e, { ...n, block: 1 }, { ...e, block: 1 }, f, o, o]],
  ])('accepts %s', (_, all) => {
    expect(fault(...all)).toBeUndefined();
  });

  vitestIt.each<[string, StreamChunk[], string]>([
    ['content before a start', [a], 'Unexpected text-delta: it comes between calls'],
    ['content behind the finish', [s, f, a], 'Unexpected text-delta: it comes behind a finish'],
    ['a start inside a call', [s, s], 'Unexpected start: the call before has no finish'],
    ['completion inside a call', [s, a], 'The stream completed inside a call: finish is missing'],
    ['a block that skips a number', [s, A], 'Unexpected text-delta: block 1 follows block -1'],
    ['a block that changes its kind', [s, a, t], 'Unexpected thinking-delta: block 0 is a text'],
    ['a refusal that turns to text', [s, refusal, a], 'Unexpected text-delta: block 0 is a refusal'],
    ['thinking that turns to text', [s, t, a], 'Unexpected text-delta: block 0 is a thinking'],
    [
      'signed thinking that turns to text',
      [s, signature, t, a],
      'Unexpected text-delta: block 0 is a thinking',
    ],
    ['a source that turns to a refusal', [s, source, refusal], 'Unexpected refusal-delta: block 0 is a text'],
    [
      'a result of the provider that turns to text',
      [s, { ...search, block: 0 }, a],
      'Unexpected text-delta: block 0 is a tool result',
    ],
    [
      'a call that is not announced',
      [s, e],
      'Unexpected tool-call: the tool call call_0 was not announced in block 0',
    ],
    ['a delta behind the call', [s, n, e, d], 'Unexpected tool-call-delta: the tool call call_0 is closed'],
    ['two calls in one block', [s, n, e, n], 'Unexpected tool-call-start: block 0 already is a tool call'],
    ['a call that stays open', [s, n, f], 'Unexpected finish: the tool call of block 0 is not closed'],
    [
      'another usage in finish',
      [s, { ...u, usage: { ...u.usage, inputTokens: 9 } }, f],
      'Unexpected finish: its usage is not the last one',
    ],
    [
      'a result without a call',
      [s, a, o],
      'Unexpected tool-result: no tool call call_0 of this model call waits for it',
    ],
    [
      'progress without a call',
      [s, a, p],
      'Unexpected tool-progress: no tool call call_0 of this model call waits for it',
    ],
    [
      'a second result',
      [s, n, e, f, o, o],
      'Unexpected tool-result: no tool call call_0 of this model call waits for it',
    ],
    [
      'a result of the provider behind the finish',
      [s, a, f, search],
      'Unexpected tool-result: what the provider ran has a block inside its call',
    ],
    [
      'a result of the provider without a block',
      [s, { ...o, providerExecuted: true }],
      'Unexpected tool-result: what the provider ran has a block inside its call',
    ],
    ['a message inside a call', [s, message], 'Unexpected message: the call has no finish'],
    ['the end of the run inside a call', [s, end], 'Unexpected run-finish: the call has no finish'],
    [
      'a chunk behind an error',
      [s, error, a],
      'Unexpected text-delta: nothing may follow the end of the run',
    ],
    ['a chunk behind the end', [s, f, end, s], 'Unexpected start: nothing may follow the end of the run'],
  ])('rejects %s', (_, all, message) => {
    expect(fault(...all)).toBe(`GrammarError: ${message}`);
  });
});
