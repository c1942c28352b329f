/** An agent with a tool as a server that every client of OpenAI can ask: as it stands, with its SDK or with curl. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { delay, of } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { openaiEndpoint } from 'rxllm/web';
import { z } from 'zod';
import { listenUntil, toPort } from './stage/listening.ts';
import { example, perform } from './stage/perform.ts';
import { script } from './stage/proxy.ts';

const command = example('proxy', 'An agent as an OpenAI-compatible server.')
  .option('--port <number>', 'where to listen', '8080')
  .parse();

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city, now.',
  parameters: z.object({ city: z.string().describe('Name of the city, in English') }),
  execute: ({ city }) =>
    of(/oslo/i.test(city) ? { celsius: 4, sky: 'sunny' } : { celsius: -2, sky: 'light snow' }).pipe(
      delay(200),
    ),
});

await perform(command, script, ({ model, signal }) => {
  const assistant = agent({ model, instructions: 'You are brief.', tools: [weather] });
  // The client sees one answer. It knows nothing of the tool, nor how often the model was asked.
  const complete = openaiEndpoint(({ request }) => assistant.stream(request.messages));

  const app = new Hono();
  app.post('/v1/chat/completions', ({ req }) => complete(req.raw));
  app.get('/v1/models', (context) =>
    context.json({
      object: 'list',
      data: [{ id: 'assistant', object: 'model', created: 0, owned_by: 'me' }],
    }),
  );

  const listener = getRequestListener(app.fetch);
  const server = createServer((request, response) => void listener(request, response));
  const { port } = command.opts<{ port: string }>();
  return listenUntil(signal, server, toPort(port), (url) => {
    const question =
      '{"model":"assistant","messages":[{"role":"user","content":"Is it warmer in Bern or in Oslo?"}]}';
    console.error(`Serving OpenAI's protocol at ${url}/v1, Ctrl-C ends it. Try:`);
    console.error(`  curl ${url}/v1/chat/completions -d '${question}'`);
  });
});
