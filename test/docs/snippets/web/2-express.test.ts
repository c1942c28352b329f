import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Message, ModelRequest } from 'rxllm';
import { fromText } from 'rxllm/testing';
import { text } from 'rxllm/web';
import { pipeToNode } from 'rxllm/web/node';
import { expect, it } from 'vitest';

const model = { stream: (_: ModelRequest) => fromText('Marbles roll because they are round.') };

const app = express()
  .use(express.json())
  .post('/chat', (request, response) => {
    const { messages } = request.body as { messages: readonly Message[] };
    pipeToNode(model.stream({ messages }), response, { format: text() });
  });

it('answers curl with the text alone', async () => {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Why do marbles roll?' }] }),
  });

  expect(await response.text()).toBe('Marbles roll because they are round.');
  server.close();
});
