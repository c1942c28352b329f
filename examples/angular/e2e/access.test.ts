import type * as Axe from 'axe-core';
import { createRequire } from 'node:module';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, ask, type Chat, startChat } from './chat.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const quick = { streamingProfile: { ttft: 20, tps: 400, jitter: 0 } };
const slow = { streamingProfile: { ttft: 20, tps: 20, jitter: 0 } };
const markdown =
  '# One\n\ntext with `code`, a [link](https://example.org) and **weight**\n\n### Three\n\n- [x] done\n- open\n\n' +
  '| a | b |\n| --- | ---: |\n| 1 | 2 |\n\n> quoted\n\n```\nlong code\n```\n\n---\n\n1. first\n2. second';
const trip = {
  destination: 'Lisbon',
  from: '2027-05-13',
  nights: 4,
  pace: 'relaxed',
  packing: ['Sunscreen'],
  notes: 'Quiet.',
};

/** What axe-core objects to, in all its rules. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: axe });
  // What moves is judged when it stands still; spinners never do.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations === 1)
        .map(({ finished }) => finished),
    ),
  );
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}

describe('the page', () => {
  let chat: Chat;
  beforeAll(async () => (chat = await startChat()));
  afterEach(() => chat.reset());
  afterAll(() => chat.close());

  const schemes: readonly BrowserContextOptions[] = [{ colorScheme: 'light' }, { colorScheme: 'dark' }];
  describe.each(schemes)('in $colorScheme', (options) => {
    const open = (more: BrowserContextOptions = {}) => chat.open({ ...options, bypassCSP: true, ...more });

    it('has no violation when it is empty', async () => {
      const page = await open();

      expect(await violations(page)).toEqual([]);
    });

    it('has no violation with thinking, a tool, and Markdown', async () => {
      const call = {
        content: '',
        reasoning: 'It depends.',
        toolCalls: [{ name: 'weather', arguments: '{"city":"Bern"}' }],
      };
      chat.model.mock.on({ hasToolResult: false }, call, quick);
      chat.model.mock.on({ hasToolResult: true }, { content: markdown }, quick);
      const page = await open();
      await ask(page, 'Show me everything');
      await answered(page);
      await page.getByText('Thoughts').click();
      await page.getByText('done', { exact: true }).first().click();

      expect(await violations(page)).toEqual([]);
    });

    it('has no violation while it answers', async () => {
      chat.model.mock.on({}, { reasoning: 'It depends.', content: markdown }, slow);
      const page = await open();
      await ask(page, 'Hello');
      await page.getByText('text with').first().waitFor();

      expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(1);
      expect(await violations(page)).toEqual([]);
    });

    it('has no violation with a form', async () => {
      chat.model.mock.on({}, { content: JSON.stringify(trip) }, quick);
      const page = await open();
      await page.getByRole('button', { name: 'Fill in a trip', exact: true }).click();
      await ask(page, 'Lisbon');
      await answered(page);
      await page.getByRole('button', { name: 'Save trip' }).click();

      expect(await violations(page)).toEqual([]);
    });

    it('has no violation with an error', async () => {
      chat.model.mock.on({}, { content: 'This is a beginning' }, { ...quick, truncateAfterChunks: 5 });
      const page = await open();
      await ask(page, 'Hello');
      await page.getByRole('alert').waitFor();

      expect(await violations(page)).toEqual([]);
    });

    it('has no violation on a phone, with the drawer open', async () => {
      chat.model.mock.on({}, { content: markdown }, quick);
      const page = await open({ viewport: { width: 390, height: 844 } });
      await ask(page, 'Hello');
      await answered(page);
      expect(await violations(page)).toEqual([]);

      await page.getByRole('button', { name: 'Conversations' }).click();
      await page.getByRole('link', { name: 'Hello' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });
  });

  it('fits a narrow phone without scrolling sideways', async () => {
    chat.model.mock.on({}, { content: `${markdown}\n\n${'long'.repeat(100)}` }, quick);
    const page = await chat.open({ viewport: { width: 320, height: 640 } });
    await ask(page, 'wide'.repeat(50));
    await answered(page);

    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    expect(await page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320);
  });

  it('closes the drawer by Escape, and gives the focus back', async () => {
    const page = await chat.open({ viewport: { width: 390, height: 844 } });
    await page.getByRole('button', { name: 'Conversations' }).press('Enter');
    await page.getByRole('link', { name: 'New conversation' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'New conversation' }).waitFor({ state: 'hidden' });

    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Conversations',
    );
  });

  it('reads out sentences instead of words', async () => {
    const sentences = Array.from(
      { length: 12 },
      (_, index) => `This is the sentence of number ${index}.`,
    ).join(' ');
    chat.model.mock.on({}, { content: sentences }, { streamingProfile: { ttft: 20, tps: 40, jitter: 0 } });
    const page = await chat.open();
    await page.evaluate(() => {
      const told: string[] = [];
      const [region] = document.querySelectorAll('[role=status]');
      if (!region) return;
      new MutationObserver(() => told.push(region.textContent)).observe(region, {
        characterData: true,
        childList: true,
        subtree: true,
      });
      Object.assign(window, { told });
    });
    await ask(page, 'Hello');
    await answered(page);
    const read = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
    await vi.waitFor(async () => expect((await read()).at(-1)).toContain('Answer complete.'), {
      timeout: 5_000,
    });
    const told = await read();

    expect(told.join(' ')).toBe(`${sentences} Answer complete.`);
    expect(told.length).toBeLessThan(8);
  });
});
