import { createLogger } from 'vite';
import { defineConfig } from 'vitepress';
import { style } from '../../testing/svgMarks.ts';
import { diagramStyle } from '../diagrams/drawDiagram.ts';
import { pictures } from './pictures.ts';
import { repository, repositoryLinks } from './repositoryLinks.ts';
import { searchText } from './searchText.ts';
import { sidebar } from './sidebar.ts';

// Where the site does not stand at the root of its host: `/rxllm/` on GitHub Pages.
const base = process.env['DOCS_BASE'] ?? '/';

/** A warning is told, and the build has failed. */
const logger = createLogger('warn');
const { warn } = logger;
logger.warn = logger.warnOnce = (message, options) => {
  process.exitCode = 1;
  warn(message, options);
};

export default defineConfig({
  title: 'rxllm',
  description:
    'Language models as RxJS Observables: one stream of chunks for every provider, and the operators to compose it.',
  lang: 'en',
  base,
  head: [
    ['link', { rel: 'icon', href: `${base}icon.svg` }],
    ['style', {}, style + diagramStyle],
  ],
  metaChunk: true,
  // The largest chunk is the index of the search, which is loaded with the first search.
  vite: { customLogger: logger, build: { chunkSizeWarningLimit: 1500 } },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => md.use(repositoryLinks).use(pictures),
  },
  // Other pages read as well on GitHub, where settings at their head would be shown.
  transformPageData: ({ relativePath, frontmatter }) => {
    if (relativePath === 'index.md') {
      Object.assign(frontmatter, { pageClass: 'home', aside: false, sidebar: false });
    }
    if (relativePath.startsWith('api/')) Object.assign(frontmatter, { pageClass: 'api-page' });
  },
  themeConfig: {
    nav: [
      { text: 'Guides', link: '/pipelines', activeMatch: '^/(?!$|operators/|api/)' },
      { text: 'Operators', link: '/operators/', activeMatch: '^/operators/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { _render: searchText } },
    socialLinks: repository === undefined ? [] : [{ icon: 'github', link: repository }],
    notFound: { linkLabel: 'Take me home' },
  },
});
