import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { answers, said } from './server.ts';

/** Words that stand in the code of the SDKs only, so that one sees when it is loaded. */
const sdkWords = ['X-Stainless-', 'ollama-js/'];

/** Words that stand in the code of providers and agents only. */
const providerWords = ['max_output_tokens', 'run-finish'];

/** RxJS, and less than 1 kB of this library. */
const largestOperatorPage = 18_000;

/** An import of a Node builtin, and what bundlers put in the place of one. The SDKs name one in the words of an error. */
const builtin =
  /browser-external|(?<!`)(?:from|import\(|require\()\s*["'`](?:node:|(?:fs|path|http|https|net|tls|stream|crypto|util)["'`])/;

/** A bundle for a browser needs nothing of Node. */
export function hasNoBuiltin(folder: string): void {
  const files = globSync(`${folder}/**/*.js`);
  assert.ok(files.length > 0, `no bundle in ${folder}`);
  for (const file of files) {
    const code = readFileSync(file, 'utf8');
    const found = builtin.exec(code);
    assert.equal(found, null, `${file} needs a Node builtin: ${code.slice(found?.index).slice(0, 100)}`);
  }
}

/** Whoever imports one operator loads that, whatever else stands in the imports. */
export async function operatorPageIsSmall(browser: Browser, url: string): Promise<number> {
  const { page, scripts } = await open(browser, url);
  assert.equal(await page.evaluate('said'), 'Hello');
  const code = (await Promise.all(scripts)).join('');
  assert.ok(
    code.length <= largestOperatorPage,
    `a page with one operator has ${code.length} characters, at most ${largestOperatorPage} are allowed`,
  );
  for (const word of [...providerWords, ...sdkWords]) assert.ok(!code.includes(word), `"${word}" is in it`);
  await page.close();
  return code.length;
}

/** All providers speak, and their SDKs are not loaded before they are asked. */
export async function providersPageStreams(browser: Browser, url: string): Promise<void> {
  const { page, scripts } = await open(browser, url);
  const before = (await Promise.all(scripts)).join('');
  for (const word of providerWords) assert.ok(before.includes(word), `"${word}" proves nothing any more`);
  for (const word of sdkWords) assert.ok(!before.includes(word), `an SDK is loaded too early: "${word}"`);

  assert.deepEqual(await page.evaluate('start()'), answers);
  const after = (await Promise.all(scripts)).join('');
  for (const word of sdkWords) assert.ok(after.includes(word), `"${word}" proves nothing any more`);
  await page.close();
}

/** A component shows the answer, and the SDK is not loaded before the click. */
export async function angularPageStreams(browser: Browser, url: string): Promise<void> {
  const { page, scripts } = await open(browser, url);
  const before = (await Promise.all(scripts)).join('');
  assert.ok(!before.includes('X-Stainless-'), 'the SDK is loaded before the click');

  await page.getByRole('button').click();
  await page.getByText(said).waitFor({ timeout: 10_000 });
  assert.ok((await Promise.all(scripts)).join('').includes('X-Stainless-'));
  await page.close();
}

/** Opens a page that has to be free of errors; `scripts` grows with what it loads. */
async function open(browser: Browser, url: string): Promise<{ page: Page; scripts: Promise<string>[] }> {
  const page = await browser.newPage();
  const scripts: Promise<string>[] = [];
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) scripts.push(response.text());
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  assert.deepEqual(wrong, []);
  return { page, scripts };
}
