import { existsSync, globSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

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
export const sidebar: DefaultTheme.SidebarMulti = {
  '/operators/': [item('index', 'Start'), group('Operators', pages('operators/*.md'))],
  '/api/': [item('index', 'Start'), group('API', pages('api/**/*.md'))],
  '/': [
    item('index', 'Start'),
    group('Guides', guides()),
    group('Reference', ['operators/index', 'api/index']),
    group('Migration', ['comparison', ...pages('migrate/*.md')]),
    group('The project', ['decisions']),
  ],
};

function group(text: string, names: readonly string[]): Item {
  const there = names.filter((name) => existsSync(toFile(name)));
  return { text, items: there.map((name) => item(name)) };
}

function guides(): string[] {
  const others = pages('*.md').filter((page) => ![...reading, ...elsewhere].includes(page));
  return [...reading, ...others];
}

/** A folder's own page is its first. */
function pages(pattern: string): string[] {
  const key = (page: string) => page.replace(/index$/, '');
  return globSync(pattern, { cwd: docs })
    .map((file) => file.replace(/\.md$/, ''))
    .sort((one, other) => key(one).localeCompare(key(other), 'en'));
}

function item(name: string, text = headingOf(name)): Item {
  return { text, link: `/${name.replace(/(^|\/)index$/, '$1')}` };
}

function headingOf(name: string): string {
  const [, heading = name] = /^# (.+)$/m.exec(readFileSync(toFile(name), 'utf8')) ?? [];
  return heading
    .replace(/\{#.*\}|^rxllm\//g, '')
    .replaceAll('`', '')
    .trim();
}

function toFile(name: string): URL {
  return new URL(`${name}.md`, docs);
}
