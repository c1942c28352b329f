import { concat, NEVER, of } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';

const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const answer$ = concat(of(start), NEVER);

/** What nginx does: it collects the body, unless the answer says that it must not. */
async function nginx(response: Response): Promise<Response> {
  if (response.headers.get('x-accel-buffering') === 'no') return response;
  return new Response(await response.text(), { headers: response.headers });
}

it('passes through a proxy chunk by chunk', async () => {
  // The symptom: a response made by hand comes when it is whole, that is, here, never.
  const { body } = toResponse(answer$);
  const byHand = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  let hasCome = false;
  void nginx(byHand).then(() => (hasCome = true));

  // The remedy: toResponse tells proxies, and middleware that compresses, to leave the body alone.
  const response = await nginx(toResponse(answer$));
  const piece = await response.body?.getReader().read();
  expect(new TextDecoder().decode(piece?.value as Uint8Array)).toContain('"type":"start"');
  expect(response.headers.get('cache-control')).toContain('no-transform');
  expect(hasCome).toBe(false);
});
