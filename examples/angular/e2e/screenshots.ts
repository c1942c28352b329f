/** Takes the pictures of docs/angular.md: `node e2e/screenshots.ts`, when the page is built. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { addScript } from '../server/demo.ts';
import { answered, type Chat, startChat } from './chat.ts';

const folder = new URL('../../../docs/images/', import.meta.url).pathname;
const desktop = { width: 1120, height: 760 };
const phone = { width: 390, height: 780 };

type Scene = readonly [name: string, play: (page: Page) => Promise<void>, viewport?: typeof desktop];

const take = (title: string) => (page: Page) =>
  page.getByRole('button', { name: new RegExp(`^${title}`) }).click();
const coat = take('Do I need a coat');

const scenes: readonly Scene[] = [
  ['empty', (page) => page.locator('.welcome button').first().waitFor()],
  [
    'thinking',
    async (page) => {
      await coat(page);
      await page.getByText('Thinking …').click();
      await page.getByText('there is a tool').waitFor();
    },
  ],
  [
    'tool',
    async (page) => {
      await coat(page);
      await page.getByText('Asking the observatory').waitFor();
    },
  ],
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
  [
    'error',
    async (page) => {
      await take('A line that breaks')(page);
      await page.getByRole('alert').waitFor();
    },
  ],
  [
    'mobile',
    async (page) => {
      await coat(page);
      await answered(page);
    },
    phone,
  ],
];

async function shoot(chat: Chat, colorScheme: 'light' | 'dark', [name, play, viewport = desktop]: Scene) {
  addScript(chat.model.mock);
  const page = await chat.open({ colorScheme, viewport, hasTouch: viewport === phone });
  await play(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}angular-${name}-${colorScheme}.png` });
  await chat.reset();
}

mkdirSync(folder, { recursive: true });
const chat = await startChat();
for (const scheme of ['light', 'dark'] as const) {
  for (const scene of scenes) await shoot(chat, scheme, scene);
}
await chat.close();
