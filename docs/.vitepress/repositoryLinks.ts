import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MarkdownRenderer } from 'vitepress';

const root = fileURLToPath(new URL('../../', import.meta.url));
const docs = fileURLToPath(new URL('../', import.meta.url));

/** The address of the repository: that of the package, else that of the workflow that builds the site. */
export const repository = address();

/**
 * Guides link to files of the repository by relative paths, which GitHub follows. The site has no such files, so
 * the link goes to the repository, or is plain text while that has no address. A link to no file fails the build.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('repository-links', ({ tokens, env }: { tokens: Token[]; env: { path: string } }) => {
    for (const { children } of tokens) {
      for (const [index, token] of (children ?? []).entries()) {
        const path = token.type === 'link_open' ? toFile(token.attrGet('href') ?? '', env.path) : undefined;
        if (path !== undefined) pointTo(path, children ?? [], index);
      }
    }
  });
}

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** The path in the repository of a file that is outside of `docs/`. */
function toFile(href: string, page: string): string | undefined {
  if (/^([a-z]+:|\/|#)/i.test(href)) return undefined;
  const file = resolve(dirname(page), decodeURI(href.replace(/[?#].*/, '')));
  if (file.startsWith(docs)) return undefined;
  if (!existsSync(file)) throw new Error(`${relative(root, page)} links to ${href}, which does not exist.`);
  return relative(root, file);
}

function pointTo(path: string, tokens: Token[], index: number): void {
  const [open, close] = [tokens[index], tokens.slice(index).find(({ type }) => type === 'link_close')];
  if (open === undefined || close === undefined) return;
  if (repository === undefined) {
    open.tag = close.tag = 'span';
    open.type = 'span_open';
    open.attrs = [['title', path]];
  } else {
    const kind = statSync(resolve(root, path)).isDirectory() ? 'tree' : 'blob';
    open.attrSet('href', `${repository}/${kind}/main/${path}`);
  }
}

function address(): string | undefined {
  const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
    repository?: string | { url: string };
  };
  const given = typeof manifest.repository === 'string' ? manifest.repository : manifest.repository?.url;
  if (given !== undefined) {
    return given
      .replace(/^git\+/, '')
      .replace(/\.git$/, '')
      .replace(/^(github:)?([\w.-]+\/[\w.-]+)$/, 'https://github.com/$2');
  }
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  return server !== undefined && name !== undefined ? `${server}/${name}` : undefined;
}
