import { serve } from '@hono/node-server';
import { fileURLToPath } from 'node:url';
import { createApp } from './app.ts';
import { createAssistant } from './assistant.ts';
import { startDemo, suggestions } from './demo.ts';
import { findService, type Service } from './model.ts';

const found = findService();
const { model, price }: Service = found ?? (await startDemo());

const app = createApp(
  createAssistant(model, price),
  {
    provider: model.provider,
    model: model.model,
    isDemo: !found,
    ...(price && { price }),
    // The last one needs the script.
    suggestions: found ? suggestions.slice(0, 3) : suggestions,
  },
  fileURLToPath(new URL('../dist/browser', import.meta.url)),
);

const who = found
  ? `${model.provider}/${model.model}`
  : 'a script that plays the model; set a key for a real one';
const port = Number(process.env['PORT'] ?? 4200);
serve({ fetch: app.fetch, port, hostname: 'localhost' }, (address) =>
  console.log(`Chat on http://localhost:${address.port} with ${who}`),
).on('error', ({ message }) => {
  console.error(`Port ${port} cannot be used, set PORT to another one: ${message}`);
  process.exit(1);
});
