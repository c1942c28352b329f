import type { MarkdownRenderer } from 'vitepress';

const picture =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)" \/>\s*<img src="([^"]+)" ([^>]*?)\/?>\s*<\/picture>/g;

/**
 * A `<picture>` in a guide follows the colours of the system, which is all that GitHub knows. Here the reader chooses
 * light or dark, so both pictures are there and the style shows one.
 */
export function pictures(md: MarkdownRenderer): void {
  const render = md.renderer.rules.html_block;
  md.renderer.rules.html_block = (tokens, index, ...others) => {
    const token = tokens[index];
    if (token !== undefined) {
      token.content = token.content.replaceAll(
        picture,
        (_, dark: string, light: string, attributes: string) =>
          `<img class="of-light" src="./${light}" ${attributes}/><img class="of-dark" src="./${dark}" ${attributes}/>`,
      );
    }
    return render?.(tokens, index, ...others) ?? '';
  };
}
