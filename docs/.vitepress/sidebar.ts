import { existsSync, globSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

const docs = new URL('../', import.meta.url);

/** The order in which the guides are read; one that is not named here comes after them. */
const reading = [
  'pipelines',
  'agents',
  'sessions',
  'web',
  'angular',
  'testing',
  'batches',
  'scaling',
  'mcp',
  'tracing',
  'reliability',
  'performance',
  'troubleshooting',
];
const elsewhere = ['index', 'comparison', 'decisions'];

/** The pages there are, called by their headings: nobody keeps a list. */
export const sidebar: DefaultTheme.SidebarItem[] = [
  ...item('index', 'Start'),
  { text: 'Guides', items: guides().flatMap((page) => item(page)) },
  { text: 'Operators', collapsed: true, items: folder('operators') },
  { text: 'API', collapsed: true, items: folder('api') },
  { text: 'Coming from elsewhere', items: [...item('comparison'), ...folder('migrate')] },
  { text: 'The project', items: item('decisions') },
].filter(({ items }) => items?.length !== 0);

function guides(): string[] {
  const others = pages('*.md').filter((page) => ![...reading, ...elsewhere].includes(page));
  return [...reading, ...others];
}

function folder(name: string): DefaultTheme.SidebarItem[] {
  const indexFirst = (page: string) => Number(!page.endsWith('/index'));
  return pages(`${name}/**/*.md`)
    .sort((one, other) => indexFirst(one) - indexFirst(other))
    .flatMap((page) => item(page));
}

function pages(pattern: string): string[] {
  return globSync(pattern, { cwd: docs })
    .map((file) => file.replace(/\.md$/, ''))
    .sort((one, other) => one.localeCompare(other));
}

/** Nothing where there is no such page. */
function item(page: string, text?: string): DefaultTheme.SidebarItem[] {
  const file = new URL(`${page}.md`, docs);
  if (!existsSync(file)) return [];
  const [, heading = page] = /^# (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return [{ text: text ?? heading.replaceAll('`', ''), link: `/${page.replace(/(^|\/)index$/, '$1')}` }];
}
