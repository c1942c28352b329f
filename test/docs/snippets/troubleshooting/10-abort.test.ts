import { concat, defer, finalize, firstValueFrom, NEVER, of } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { collectResponse, interruptOn } from 'rxllm/operators';
import { toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';

/** Begins to answer, and goes on for ever. */
function endless() {
  const model = {
    open: 0,
    stream: (_: string) =>
      defer(() => {
        model.open += 1;
        const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
        return concat(of(start), NEVER).pipe(finalize(() => (model.open -= 1)));
      }),
  };
  return model;
}

it('goes on for a promise: nobody can unsubscribe from it', () => {
  const model = endless();
  const page = new AbortController();
  const request = new Request('http://localhost/chat', { signal: page.signal });

  // The symptom: the page is closed, and the model goes on.
  void firstValueFrom(model.stream('Hello').pipe(collectResponse()));
  page.abort();
  expect(model.open).toBe(1);

  // A remedy: the signal of the request ends the stream.
  const other = endless();
  const next = new AbortController();
  const answer$ = other.stream('Hello').pipe(interruptOn(next.signal), collectResponse());
  void firstValueFrom(answer$);
  expect([other.open, request.signal.aborted]).toEqual([1, true]);
  next.abort();
  expect(other.open).toBe(0);
});

it('ends for a stream, whose reader is heard leaving', async () => {
  const model = endless();
  const reader = toResponse(model.stream('Hello')).body?.getReader();
  await reader?.read();
  expect(model.open).toBe(1);

  await reader?.cancel();
  expect(model.open).toBe(0);
});
