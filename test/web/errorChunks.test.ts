import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import {
  agUi,
  type ChunkFormat,
  ndjson,
  openaiEndpoint,
  openaiFormat,
  replayLog,
  sse,
  sseText,
  text,
  uiMessageStream,
} from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { encode, outcomeOf } from './wire.ts';

const { s, a, b } = chunks;
const busy = new ProviderError('busy', { status: 429, retryable: true });
/** What `errorsToChunks` upstream makes of a failure, and a chunk that does not belong there. */
const told: StreamChunk[] = [s, a, { type: 'error', error: busy.toJSON() }, b];
const formats: readonly [string, () => ChunkFormat, { end: string; failure: string }][] = [
  ['sse', sse, { end: 'event: end', failure: 'event: stream-error' }],
  ['ndjson', ndjson, { end: '"end"', failure: '"type":"error"' }],
  ['sseText', sseText, { end: 'event: end', failure: 'event: stream-error\ndata: busy\n\n' }],
  ['uiMessageStream', uiMessageStream, { end: '[DONE]', failure: '"errorText":"busy"' }],
  ['agUi', agUi, { end: 'RUN_FINISHED', failure: 'RUN_ERROR' }],
  ['openaiFormat', openaiFormat, { end: '[DONE]', failure: '"message":"busy"' }],
];

describe('an error that comes as a chunk', () => {
  it.each(formats)(
    'is the last thing that %s writes, and no success',
    async (_, format, { end, failure }) => {
      const written = await encode(format(), told);
      const last = written.slice(written.lastIndexOf(failure));

      expect(written).toContain(failure);
      expect(written).not.toContain(end);
      expect(last.trimEnd()).not.toContain('\n\n');
    },
  );

  it('cuts the connection of text(), which has no words for it', async () => {
    const { seen, error } = await outcomeOf(from(told).pipe(text().encode));

    expect(seen).toStrictEqual(['a']);
    expect(error).toMatchObject({ name: 'ProviderError', message: 'busy', status: 429, retryable: true });
  });

  it('is what a recorded run fails with', async () => {
    const { seen, error } = await outcomeOf(replayLog().record('run', from(told)));

    expect(seen).toHaveLength(2);
    expect(error).toMatchObject({ message: 'busy', status: 429 });
  });

  it.each([true, false])('gives an OpenAI client its status, stream %s', async (stream) => {
    const answer = openaiEndpoint(() => from(told.slice(2)));
    const body = JSON.stringify({ model: 'x', stream, messages: [{ role: 'user', content: 'Hi' }] });
    const response = await answer(new Request('http://localhost', { method: 'POST', body }));

    expect(response.status).toBe(429);
  });
});
