import { defineConfig } from 'vitepress';
import { pictures } from './pictures.ts';
import { repository, repositoryLinks } from './repositoryLinks.ts';
import { sidebar } from './sidebar.ts';

export default defineConfig({
  title: 'rxllm',
  description: 'Language models as RxJS Observables: one stream of chunks for every provider, and the operators to compose it.',
  lang: 'en',
  // Where the site does not stand at the root of its host: `/rxllm/` on GitHub Pages.
  base: process.env['DOCS_BASE'] ?? '/',
  metaChunk: true,
  // The largest chunk is the index of the search, which is loaded with the first search.
  vite: { build: { chunkSizeWarningLimit: 1500 } },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config: (md) => md.use(repositoryLinks).use(pictures),
  },
  themeConfig: {
    nav: [
      { text: 'Pipelines', link: '/pipelines' },
      { text: 'Operators', link: '/operators/', activeMatch: '^/operators/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    socialLinks: repository === undefined ? [] : [{ icon: 'github', link: repository }],
  },
});
