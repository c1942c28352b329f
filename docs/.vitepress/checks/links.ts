/** Every link of the built site leads to a page that is there, and to a heading that is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base, dist, pages, report } from './site.ts';

const origin = 'http://site';
const read = (page: string) => readFileSync(join(dist, page), 'utf8');
const ids = new Map(pages.map((page) => [page, new Set([...read(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]));

report(
  pages.flatMap((page) => {
    const links = [...read(page).matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, link = '']) => link);
    return [...new Set(links)].filter((link) => isDead(page, link.replaceAll('&amp;', '&'))).map((link) => `${page}: ${link} leads nowhere`);
  }),
);

function isDead(page: string, link: string): boolean {
  const { origin: host, pathname, hash } = new URL(link, `${origin}${base}${page}`);
  if (host !== origin) return false;
  if (!pathname.startsWith(base)) return true;
  const file = decodeURI(pathname.slice(base.length)).replace(/(^|\/)$/, '$1index.html');
  if (!existsSync(join(dist, file))) return true;
  return hash !== '' && ids.get(file)?.has(decodeURIComponent(hash.slice(1))) !== true;
}
