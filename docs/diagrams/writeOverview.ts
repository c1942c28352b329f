import { linkTo, toCell, toMarkdown } from './docText.ts';
import type { DocumentedFunction } from './readSource.ts';

/** The overview, in the order in which the README names the operators: that in which they stand in a pipeline. */
export function writeOverview(pages: readonly DocumentedFunction[], readme: string): string {
  const [, placement = ''] = /```text\n(model → .*)\n```/.exec(readme) ?? [];
  const order = [...readme.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name = '']) => name);
  const rank = ({ name }: DocumentedFunction) => (order.includes(name) ? order.indexOf(name) : order.length);
  const operators = pages
    .filter(({ folder }) => folder === 'operators')
    .toSorted((one, other) => rank(one) - rank(other));
  const others = (name: string) => pages.filter(({ folder }) => folder === name);
  const steps = placement
    .split(' → ')
    .map((name) => (pages.some((page) => page.name === name) ? linkTo(name, pages) : name));

  const table = (rows: readonly DocumentedFunction[]) =>
    [
      '| name | what it does |',
      '| --- | --- |',
      ...rows.map(
        ({ name, summary }) => `| ${linkTo(name, pages)} | ${toCell(toMarkdown(summary, pages))} |`,
      ),
    ].join('\n');

  return `---
editLink: false
pageClass: operator-page
---

# Operators

An operator stands behind a model, or behind another operator, and every one has a page: what it does as a marble
diagram, its options, its errors. The pictures are drawn from a run of the timeline that stands in the doc comment, so
they show what the code does.

In the order in which they stand in a pipeline:

${steps.join(' → ')}

${table(operators)}

## Models made of models

A model made of models is a model like any other: operators and agents take it. \`streamBatch\` asks one many prompts.

${table(others('models'))}

## Agents

${table(others('agents'))}
`;
}
