/** A server with Hono, and a client that reads its chunks: the same operators on both sides. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { lastValueFrom, tap } from 'rxjs';
import type { Message } from 'rxllm';
import { selectText } from 'rxllm/operators';
import { fromServerSentEvents, toResponse } from 'rxllm/web';
import { listenUntil, toPort } from './stage/listening.ts';
import { example, perform } from './stage/perform.ts';
import { script } from './stage/rolling.ts';
import { toPrintable } from './start/printable.ts';

const command = example('hono', 'A server that streams chunks, and a client of it.')
  .option('--port <number>', 'where to listen', '0')
  .option('--serve', 'go on serving when the client has its answer')
  .parse();

await perform(command, script, async ({ model, signal }) => {
  const app = new Hono();
  app.post('/chat', async ({ req }) => {
    const { messages } = await req.json<{ messages: readonly Message[] }>();
    return toResponse(model.stream({ messages }));
  });

  const { port, serve = false } = command.opts<{ port: string; serve?: boolean }>();
  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const answered = new AbortController();

  let failure: unknown;
  await listenUntil(AbortSignal.any([signal, answered.signal]), server, toPort(port), (url) => {
    console.error(`Serving at ${url}/chat`);
    const messages: readonly Message[] = [{ role: 'user', content: 'Why do marbles roll?' }];
    const answer = fromServerSentEvents(`${url}/chat`, { body: { messages } }).pipe(
      selectText(),
      tap((text) => process.stdout.write(toPrintable(text))),
    );
    void lastValueFrom(answer, { defaultValue: '' })
      .then(() => process.stdout.write('\n'))
      .catch((error: unknown) => (failure = error))
      .finally(() => {
        if (!serve || failure !== undefined) answered.abort();
      });
  });
  if (failure !== undefined) throw failure as Error;
});
