import { serve } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { openai } from 'rxllm/providers/openai';
import { createApp } from '../server/app.ts';
import { createAssistant } from '../server/assistant.ts';
import { suggestions } from '../server/demo.ts';
import { findChromium } from './chromium.ts';
import { type ModelServer, startModelServer } from './modelServer.ts';

/** The chat as it is deployed: browser, server, model. */
export interface Chat {
  readonly model: ModelServer;
  readonly url: string;
  /** Opens the page in a browser without memory. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Cuts all connections of pages to the server. */
  cut(): void;
  /** Closes all pages, and forgets what the model was to say. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startChat(): Promise<Chat> {
  const model = await startModelServer();
  const price = { input: 0.25, output: 2 };
  const assistant = createAssistant(openai('gpt-5-mini', { baseURL: model.url, apiKey: 'none' }), price);
  const about = { provider: 'openai', model: 'gpt-5-mini', isDemo: true, price, suggestions };
  const app = createApp(assistant, about, fileURLToPath(new URL('../dist/browser', import.meta.url)));
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: 'localhost' }, () =>
      resolve(started as Server),
    );
  });
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const browser: Browser = await chromium.launch({
    executablePath: findChromium() ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  let contexts: BrowserContext[] = [];

  return {
    model,
    url,
    open: async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(url);
      await page.getByRole('heading', { name: 'Where to?' }).waitFor();
      return page;
    },
    cut: () => server.closeAllConnections(),
    reset: async () => {
      await Promise.all(contexts.map((context) => context.close()));
      contexts = [];
      model.reset();
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
      await model.close();
    },
  };
}

/** Writes a question and sends it. */
export async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('Your question').fill(prompt);
  await page.getByLabel('Your question').press('Enter');
}

/** Waits until nothing runs any more. */
export async function answered(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send' }).waitFor();
}

/** The text of the latest answer. */
export function answerOf(page: Page) {
  return page.locator('app-turn').last().locator('.answer > app-markdown').last();
}
