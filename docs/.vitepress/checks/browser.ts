/**
 * Reads every page of the built site in Chromium, light and dark, wide and narrow: nothing comes from elsewhere, nothing
 * is logged, nothing is wider than the screen, axe finds nothing serious. The pictures are in `.vitepress/screenshots/`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { preview } from 'vite';
import { findChromium } from '../../../test/browser/chromium.ts';
import { base, dist, pages, report } from './site.ts';

const executablePath = findChromium();
const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));
const axe = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));
const colours = ['light', 'dark'] as const;
const widths = [1280, 360];
/** The end of a long page looks like its beginning. */
const tallest = 2400;

if (executablePath === undefined) {
  console.log(
    'No browser, no look at the site: install Chromium (apt-get install chromium) or set CHROMIUM to its program.',
  );
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const site = await preview({
    configFile: false,
    appType: 'mpa',
    base,
    build: { outDir: dist },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const url = site.resolvedUrls?.local[0] ?? '';
  const browser = await chromium.launch({ executablePath });
  const waiting = pages.values();
  const problems = await Promise.all([readAll(browser, url, waiting), readAll(browser, url, waiting)]);
  report([...problems.flat(), ...(await searchFor('retryStream', browser, url))]);
  await browser.close();
  await site.close();
}

/** A tab that reads what no other has taken. */
async function readAll(browser: Browser, url: string, names: Iterable<string>): Promise<string[]> {
  const { page, problems } = await open(browser, url);
  for (const name of names) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(url + name);
    await page.addScriptTag({ path: axe });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of colours) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await photograph(page, `${name.replaceAll('/', '.')}-${width}-${colorScheme}`, width);
        if ((width === 360) === (colorScheme === 'dark')) {
          for (const problem of await violations(page))
            problems.push(`${name}, ${width} px, ${colorScheme}: ${problem}`);
        }
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) problems.push(`${name} is ${wide} px wide on a screen of ${width} px`);
    }
  }
  return problems;
}

async function photograph(page: Page, name: string, width: number): Promise<void> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const clip = { x: 0, y: 0, width, height: Math.min(height, tallest) };
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: true, clip });
}

async function open(browser: Browser, url: string): Promise<{ page: Page; problems: string[] }> {
  const problems: string[] = [];
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) {
      problems.push(`${page.url()} asks for ${request.url()}`);
    }
  });
  return { page, problems };
}

/** What axe finds, told in the page: all that it looked at would be megabytes. */
function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Pick<typeof import('axe-core'), 'run'> };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} and ${nodes.length - 1} more`);
  });
}

/** The search box, as a reader uses it. */
async function searchFor(name: string, browser: Browser, url: string): Promise<string[]> {
  const { page, problems } = await open(browser, url);
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill(name);
  await page.getByRole('option').first().click();
  await page.waitForURL((address) => address.pathname !== new URL(url).pathname);
  await page.getByRole('heading', { name }).first().waitFor();
  return problems;
}
