/** Every link of the built site leads to a page that is there, and to a heading that is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base, dist, pages, report } from './site.ts';

const origin = 'http://site';
const contents = new Map(pages.map((page) => [page, readFileSync(join(dist, page), 'utf8')]));
const ids = new Map([...contents].map(([page, html]) => [page, attributes(html, 'id')]));
/** What leads nowhere, and the pages that have it. */
const dead = new Map<string, string[]>();

for (const [page, html] of contents) {
  for (const link of attributes(html, 'href|src|srcset')) {
    const url = new URL(link.replaceAll('&amp;', '&'), `${origin}${base}${page}`);
    if (url.origin === origin && !isThere(url))
      dead.set(url.pathname + url.hash, [...(dead.get(url.pathname + url.hash) ?? []), page]);
  }
}

report(
  [...dead].map(
    ([link, [page = '', ...others]]) =>
      `${link} leads nowhere; it stands in ${page} and ${others.length} other pages`,
  ),
);

function attributes(html: string, names: string): Set<string> {
  return new Set(
    [...html.matchAll(new RegExp(` (?:${names})="([^"]+)"`, 'g'))].map(([, value = '']) => value),
  );
}

function isThere({ pathname, hash }: URL): boolean {
  const file = decodeURI(pathname.slice(base.length)).replace(/(^|\/)$/, '$1index.html');
  if (!pathname.startsWith(base) || !existsSync(join(dist, file))) return false;
  return hash === '' || ids.get(file)?.has(decodeURIComponent(hash.slice(1))) === true;
}
