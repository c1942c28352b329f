import { type RunDiagram, runDiagrams } from './diagrams.ts';
import { linkTo, linkToReference, toCell, toCodeCell, toMarkdown } from './docText.ts';
import { drawDiagram } from './drawDiagram.ts';
import type { DocumentedFunction, DocumentedType } from './readSource.ts';

/** What a page knows beside its own doc comment. */
export interface PageContext {
  readonly pages: readonly DocumentedFunction[];
  /** Bytes, minified and compressed; absent where they were not measured. */
  readonly size: number | undefined;
}

/** The page of a function, in Markdown. */
export function writePage(page: DocumentedFunction, { pages, size }: PageContext): string {
  const markdown = (words: string) => toMarkdown(words, pages);
  const diagrams = page.timelines === '' ? [] : runDiagrams(page);
  const own = diagrams.filter(({ title }) => title === '');
  const further = diagrams.filter(({ title }) => title !== '');
  const options = page.types.filter(({ name }) => name.endsWith('Options'));
  const others = page.types.filter((type) => !options.includes(type));

  const parts = [
    ['---', 'editLink: false', 'pageClass: operator-page', '---'].join('\n'),
    `# ${page.name}`,
    markdown(page.summary),
    ...writeDiagrams(page, own),
    markdown(page.before),
    ...(page.examples.length === 0 ? [] : ['## Example', ...page.examples]),
    ...options.flatMap((type) => ['## Options', writeType(type, markdown)]),
    ...(further.length === 0 ? [] : ['## More timelines', ...writeDiagrams(page, further)]),
    ...(page.after === '' ? [] : ['## Errors and unsubscribing', markdown(page.after)]),
    ...page.throws.map((words) => writeThrows(markdown(words))),
    '## Signature',
    code(`import { ${page.name} } from 'rxllm/${page.folder}';\n\n${page.signature}`),
    ...(size === undefined
      ? []
      : [
          `Bundled alone, with what it needs: ${(size / 1000).toFixed(1)} kB, minified and compressed, without RxJS.`,
        ]),
    `With all its types in the reference: ${linkToReference(page.name)}.`,
    ...others.flatMap((type) => [`### ${type.name}`, markdown(type.words), writeType(type, markdown)]),
    ...writeRelated(page, pages, markdown),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function writeDiagrams(page: DocumentedFunction, diagrams: readonly RunDiagram[]): string[] {
  if (diagrams.length === 0) return [];
  return [...diagrams.map((diagram) => writeDiagram(page, diagram)), writeText(diagrams)];
}

/** Fails where the comment is wrong: then there is no page. */
function writeDiagram(page: DocumentedFunction, { title, rows, meanings }: RunDiagram): string {
  const wrong = rows.find(({ expected, actual }) => expected !== actual);
  if (wrong) {
    throw new Error(
      `The timeline of ${page.name} is wrong\n  it says  ${wrong.label}: ${wrong.expected}\n  there is ${wrong.label}: ${wrong.actual}`,
    );
  }
  const name = `${page.name} as a marble diagram${title === '' ? '' : `: ${title}`}`;
  // An empty line would end the HTML.
  return [
    ...(title === '' ? [] : [title.endsWith('.') ? title : `${title}:`, '']),
    '<figure class="timelines" tabindex="0" v-pre>',
    drawDiagram(name, rows, meanings),
    '</figure>',
  ].join('\n');
}

function writeText(diagrams: readonly RunDiagram[]): string {
  const text = diagrams.map((diagram) => diagram.text.replaceAll(/^\n|\s+$/g, '')).join('\n\n');
  return ['::: details The same as text', '```text', text, '```', ':::'].join('\n');
}

function writeType(
  { name, members, code: source }: DocumentedType,
  markdown: (words: string) => string,
): string {
  if (!members) return code(source);
  const isOptions = name.endsWith('Options');
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = ['name', 'type', ...(isOptions ? ['default'] : []), 'meaning'];
  return [
    row(head),
    row(head.map(() => '---')),
    ...members.map((member) =>
      row([
        `\`${member.name}${member.isOptional && !isOptions ? '?' : ''}\``,
        toCodeCell(member.type),
        ...(isOptions ? [member.isOptional ? writeDefault(member.defaultValue) : 'required'] : []),
        toCell(markdown(member.words)),
      ]),
    ),
  ].join('\n');
}

/** A value is code, words are words. */
function writeDefault(value: string): string {
  const isCode = /^(?:-?[\d.]+|'.*'|true|false|Infinity|undefined|[A-Za-z]\w*(?:\.\w+)?)$/.test(value);
  return isCode && value !== 'none' ? toCodeCell(value) : toCell(value);
}

function writeRelated(
  page: DocumentedFunction,
  pages: readonly DocumentedFunction[],
  markdown: (words: string) => string,
): string[] {
  const named = (other: DocumentedFunction) =>
    [other.before, other.after, ...other.related].some((words) => words.includes(`{@link ${page.name}}`));
  const told = page.related.map(markdown);
  const others = pages
    .filter(
      (other) => other !== page && named(other) && !page.related.join().includes(`{@link ${other.name}}`),
    )
    .map(({ name }) => linkTo(name, pages));
  const lines = [...told, ...(others.length === 0 ? [] : [`Named by ${others.join(', ')}.`])];
  return lines.length === 0 ? [] : ['## Related', lines.map((line) => `- ${line}`).join('\n')];
}

/** `{TypeError | RangeError} where an option is wrong` as a sentence. */
function writeThrows(words: string): string {
  const { types = '', rest = '' } = /^\{(?<types>.*?)\}\s*(?<rest>.*)$/s.exec(words)?.groups ?? {};
  const names = types.split(' | ').map((name) => `\`${name}\``);
  return `Throws ${names.join(' or ')} at the call, ${rest}.`;
}

function code(source: string): string {
  return ['```ts', source, '```'].join('\n');
}
