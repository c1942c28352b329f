/** A page without a build step, served by Express: it reads the answer with the browser's own EventSource. */
import { createServer } from 'node:http';
import express from 'express';
import { pipeToNode } from 'rxllm/web/node';
import { listenUntil, toPort } from '../stage/listening.ts';
import { example, perform } from '../stage/perform.ts';
import { script } from '../stage/rolling.ts';

const command = example('page', 'A page that streams, without any library in it.')
  .option('--port <number>', 'where to listen', '8080')
  .parse();

await perform(command, script, ({ model, signal }) => {
  const app = express();
  app.get('/', (_, response) => {
    response.sendFile('page.html', { root: import.meta.dirname });
  });
  app.get('/chat', ({ query }, response) => {
    const prompt = typeof query['prompt'] === 'string' ? query['prompt'].trim() : '';
    if (prompt === '') {
      response.status(400).send('Say something: /chat?prompt=Hello');
      return;
    }
    // Leaving the page, or its Stop button, closes the connection, and that of the model with it.
    pipeToNode(model.stream(prompt), response);
  });
  const { port } = command.opts<{ port: string }>();
  return listenUntil(signal, createServer(app), toPort(port), (url) => {
    console.error(`Open ${url} in a browser, Ctrl-C ends it.`);
  });
});
