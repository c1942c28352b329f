import { Hono } from 'hono';
import { defer, lastValueFrom } from 'rxjs';
import { ProviderError } from 'rxllm';
import { accumulateText, retryStream } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { fromServerSentEvents, toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';

const busy = new ProviderError('busy', { provider: 'fake', status: 529, retryable: true });
const failing = fromText('one two', { failure: { at: 4, error: busy } });
const answers = [failing, failing, fromText('one two')].values();

const app = new Hono().post('/chat', () => toResponse(defer(() => answers.next().value ?? failing)));

const ask = fromServerSentEvents('http://localhost/chat', {
  method: 'POST',
  fetch: async (url, init) => app.fetch(new Request(url, init)),
});

it('fails in the page as it failed on the server', async () => {
  await expect(lastValueFrom(ask)).rejects.toMatchObject({
    name: 'ProviderError',
    message: 'busy',
    status: 529,
    retryable: true,
  });
});

it('may be tried again by the page', async () => {
  const again = ask.pipe(retryStream({ delay: 1 }), accumulateText());

  expect(await lastValueFrom(again)).toBe('one two');
});
