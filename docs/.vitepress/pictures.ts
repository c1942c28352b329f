import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

const picture =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)" \/>\s*<img src="([^"]+)" ([^>]*?)\/?>\s*<\/picture>/g;

/**
 * Pictures in a guide follow the colours of the system, which is all that GitHub knows. Here the reader chooses light or
 * dark: of a `<picture>` both are there, and the style shows one; marble diagrams become part of the page.
 */
export function pictures(md: MarkdownRenderer): void {
  const { html_block: block, image } = md.renderer.rules;
  md.renderer.rules.html_block = (tokens, index, ...others) => {
    const token = tokens[index];
    if (token !== undefined) token.content = token.content.replaceAll(picture, bothColours);
    return block?.(tokens, index, ...others) ?? '';
  };
  md.renderer.rules.image = (tokens, index, options, env: { path: string }, self) => {
    const src = tokens[index]?.attrGet('src') ?? '';
    return diagram(src, env.path) ?? image?.(tokens, index, options, env, self) ?? '';
  };
}

function bothColours(_: string, dark: string, light: string, attributes: string): string {
  return `<img class="of-light" src="./${light}" ${attributes}/><img class="of-dark" src="./${dark}" ${attributes}/>`;
}

/** The site has the style of the diagrams on every page. */
function diagram(src: string, page: string): string | undefined {
  if (!/^[^:]*\.svg$/.test(src)) return undefined;
  const svg = readFileSync(resolve(dirname(page), src), 'utf8');
  if (!svg.includes('class="rxllm-timelines"')) return undefined;
  return svg.replace(/<style>.*?<\/style>\n/s, '').replace('<svg ', '<svg v-pre ');
}
