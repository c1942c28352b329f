import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { Expected, Fault, FaultGroup } from './fault.ts';
import { faultGroups } from './faults.ts';

const path = new URL('../../docs/reliability.md', import.meta.url);

/** Where the table stands in the page. */
const begin = '<!-- faults: printed by npm run docs:reliability -->';
const end = '<!-- /faults -->';

/** The page as it is, and as the table of faults says it should be. */
export async function readPage(): Promise<{
  readonly path: URL;
  readonly is: string;
  readonly should: string;
}> {
  const is = readFileSync(path, 'utf8');
  const from = is.indexOf(begin);
  const to = is.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no ${begin} … ${end}`);
  const tables = faultGroups.map(printGroup).join('\n\n');
  const text = `${is.slice(0, from)}${begin}\n\n${tables}\n\n${is.slice(to)}`;

  return { path, is, should: await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }) };
}

function printGroup({ title, faults }: FaultGroup): string {
  const head = ['What happens', 'How the stream ends', '`code`', '`retryable`', 'Kept', 'Connection'];
  return [`### ${title}`, '', row(head), row(head.map(() => '---')), ...faults.map(printFault)].join('\n');
}

function printFault(fault: Fault): string {
  const { name, only, expected } = fault;
  const { retryable, kept = '', connection } = expected;

  return row([
    only ? `${name} (${only.join(', ')})` : name,
    printEnd(expected),
    printCode(fault),
    retryable === undefined ? '' : retryable ? 'yes' : 'no',
    kept === '' ? '' : `“${kept}”`,
    connection === 'none' ? '' : connection,
  ]);
}

function printEnd({ ends, status, retryAfter, retryAt, requests }: Expected): string {
  const more = [
    status !== undefined && `\`status\` ${status}`,
    retryAfter !== undefined && `\`retryAfter\` ${retryAfter}`,
    retryAt !== undefined && `\`retryAt\` ${new Date(retryAt).toISOString()}`,
    requests === 0 && 'no request',
  ].filter((words) => words !== false);
  return [ends.endsWith('Error') ? `\`${ends}\`` : ends, ...more].join(', ');
}

function printCode({ expected, but = {} }: Fault): string {
  const common = [expected.code ?? []].flat();
  const own = Object.entries(but).map(([name, its]) => `${name} \`${String(its?.code)}\``);
  return [common.map((code) => `\`${code}\``).join(' or '), ...own].filter((text) => text !== '').join(', ');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
