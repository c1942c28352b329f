/** A conversation over a WebSocket: a server with an agent, and a client that approves what it wants to do. */
import { createServer } from 'node:http';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { shareRun } from 'rxllm/operators';
import { fromWebSocket, serveWebSocket, type SocketInput } from 'rxllm/web';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { listenUntil } from './stage/listening.ts';
import { script } from './stage/payment.ts';
import { example, perform } from './stage/perform.ts';
import { printRun } from './stage/printRun.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays the bill.',
  parameters: z.object({ amount: z.number() }),
  execute: ({ amount }) => `${amount} francs are paid`,
});

const command = example('webSocket', 'A server and a client that talk over a WebSocket.')
  .option('--deny', 'do not let the agent pay')
  .parse();
const { deny = false } = command.opts<{ deny?: boolean }>();

await perform(command, script, async ({ model, signal }) => {
  const http = createServer();
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    serveWebSocket(
      (message, { stopped, approve }) =>
        agent({ model, tools: [pay], approve }).stream(String(message), { interruptOn: stopped }),
      socket,
    );
  });

  const answered = new AbortController();
  let failure: unknown;
  await listenUntil(AbortSignal.any([signal, answered.signal]), http, 0, (url) => {
    const input = new Subject<SocketInput>();
    const run = fromWebSocket(url.replace('http', 'ws'), input).pipe(
      tap((chunk) => {
        if (chunk.type !== 'approval-request') return;
        input.next({ approve: { toolCallId: chunk.toolCallId, approved: !deny } });
        input.complete();
      }),
      shareRun(),
    );
    void lastValueFrom(printRun(run), { defaultValue: undefined })
      .catch((error: unknown) => (failure = error))
      .finally(() => {
        answered.abort();
      });
    input.next({ message: 'Pay my bill' });
  });
  if (failure !== undefined) throw failure as Error;
});
