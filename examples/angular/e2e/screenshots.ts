/** Takes the pictures of docs/angular.md: `node e2e/screenshots.ts`, when the page is built. */
import type { Page } from 'playwright-core';
import { addScript } from '../server/demo.ts';
import { type Chat, startChat } from './chat.ts';

const folder = new URL('../../../docs/images/', import.meta.url).pathname;
const viewport = { width: 1120, height: 760 };

type Scene = readonly [name: string, play: (page: Page) => Promise<void>];

const take = (title: string) => (page: Page) =>
  page.getByRole('button', { name: new RegExp(`^${title}`) }).click();

const scenes: readonly Scene[] = [
  [
    'streaming',
    async (page) => {
      await take('One afternoon')(page);
      await page.locator('td', { hasText: 'Rosengarten' }).waitFor();
    },
  ],
  [
    'form',
    async (page) => {
      await take('Fill in a trip A')(page);
      await page.locator('li', { hasText: 'Sunscreen' }).waitFor();
    },
  ],
];

async function shoot(chat: Chat, colorScheme: 'light' | 'dark', [name, play]: Scene) {
  addScript(chat.model.mock);
  const page = await chat.open({ colorScheme, viewport });
  await play(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}angular-${name}-${colorScheme}.png` });
  await chat.reset();
}

const chat = await startChat();
for (const scheme of ['light', 'dark'] as const) {
  for (const scene of scenes) await shoot(chat, scheme, scene);
}
await chat.close();
