import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { executeTools, interruptOn } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { fromWebSocket, serveWebSocket, type SocketInput } from 'rxllm/web';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

const model = {
  stream: (_: string) => fromText('I pay.', { toolCalls: [{ toolName: 'pay', arguments: { amount: 9 } }] }),
};
const pay = { name: 'pay', parameters: z.object({ amount: z.number() }), execute: () => 'paid' };

const server = new WebSocketServer({ port: 0 }).on('connection', (socket) => {
  serveWebSocket(
    (message, { stopped, approve }) =>
      model.stream(String(message)).pipe(interruptOn(stopped), executeTools([pay], { approve })),
    socket,
  );
});
await once(server, 'listening');

it('asks the user before it pays', async () => {
  const input = new Subject<SocketInput>();
  const chunks = fromWebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, input).pipe(
    tap((chunk) => {
      if (chunk.type !== 'approval-request') return;
      input.next({ approve: { toolCallId: chunk.toolCallId, approved: true } });
      input.complete();
    }),
  );
  const end = lastValueFrom(chunks);
  input.next({ message: 'Pay!' });

  expect(await end).toMatchObject({ type: 'tool-result', result: 'paid' });
  server.close();
});
