import type { DefaultTheme } from 'vitepress';

/**
 * What the search reads of a page. In the API a name is a result, and not each “Parameters” and “Returns” below it; in
 * the other pages each heading is.
 */
export const searchText: NonNullable<DefaultTheme.LocalSearchOptions['_render']> = (source, env, md) => {
  const html = md.render(source, env);
  return env.relativePath.startsWith('api/') ? html.replaceAll(/(<\/?)h[4-6]\b/g, '$1p') : html;
};
