import { Hono } from 'hono';
import { firstValueFrom, lastValueFrom, take, tap } from 'rxjs';
import type { ModelRequest } from 'rxllm';
import { accumulateText } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { fromServerSentEvents, type LoggedChunk, replayLog, toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';

const model = { stream: (_: ModelRequest) => fromText('one two three', { interval: 5 }) };
const log = replayLog();

const app = new Hono()
  .post('/chat/:run', async ({ req }) => {
    const after = req.header('last-event-id');
    return toResponse(log.record(req.param('run'), model.stream(await req.json()), { after }));
  })
  .delete('/chat/:run', async ({ req, json }) => json(await firstValueFrom(log.stop(req.param('run')))));

/** What the page does, also after a reload: what it keeps is the last id that it saw. */
const ask = (run: string, lastEventId?: string) =>
  fromServerSentEvents(`http://localhost/chat/${run}`, {
    body: { messages: [{ role: 'user', content: 'Count!' }] },
    lastEventId: lastEventId ?? null,
    fetch: async (url, init) => app.fetch(new Request(url, init)),
  });

it('goes on after a reload where the page was', async () => {
  const seen: LoggedChunk[] = [];
  await lastValueFrom(
    ask('a').pipe(
      take(2),
      tap((chunk) => seen.push(chunk)),
    ),
  );
  const rest = await lastValueFrom(ask('a', seen.at(-1)?.eventId).pipe(accumulateText()));

  expect(seen).toMatchObject([{ type: 'start' }, { type: 'text-delta', text: 'one ' }]);
  expect(rest).toBe('two three');
});

it('stops for all who follow, and keeps what was said', async () => {
  const stop = () => void app.request('/chat/b', { method: 'DELETE' });
  const end = await lastValueFrom(ask('b').pipe(tap(({ eventId }) => eventId === '2' && stop())));

  expect(end).toMatchObject({ type: 'finish', reason: 'aborted' });
});
