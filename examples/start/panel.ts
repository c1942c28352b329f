import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { type Entry, type Lane, tokenRate, type ToolEntry } from './lane.ts';
import { show } from './lines.ts';
import { toPrintable } from './printable.ts';
import { styled } from './style.ts';

/** One lane as lines of exactly `width` columns: a head, a rule, and below it what happened. */
export function panel(lane: Lane, width: number, spinner: string): readonly string[] {
  const body = lane.entries.flatMap((entry, index) => {
    const lines = entryLines(entry, width, spinner);
    return entry.kind === 'text' && index > 0 ? ['', ...lines] : lines;
  });
  const lines = [head(lane, width, spinner), styled('dim', '─'.repeat(width)), ...body];
  return lines.map((line) => line + ' '.repeat(Math.max(width - stringWidth(line), 0)));
}

const colours = { running: 'cyan', done: 'green', interrupted: 'yellow', failed: 'red' } as const;

function head(lane: Lane, width: number, spinner: string): string {
  const mark = { running: spinner, done: '✔', interrupted: '■', failed: '✖' }[lane.state];
  const tokens = tokenRate(lane);
  const rate = tokens === undefined ? '' : `${tokens.toFixed(0)} tok/s`;

  const room = width - stringWidth(`${mark} ${lane.name}  ${rate}`);
  const model = lane.model.length > room ? `${lane.model.slice(0, Math.max(room - 1, 0))}…` : lane.model;
  const gap = ' '.repeat(Math.max(room - model.length, 0) + 1);
  return `${styled(colours[lane.state], mark)} ${styled('bold', lane.name)} ${styled('dim', model + gap + rate)}`;
}

function entryLines(entry: Entry, width: number, spinner: string): readonly string[] {
  switch (entry.kind) {
    case 'text':
      return wrap(entry.text, width, entry.isVoid && ['dim', 'strikethrough']);
    case 'thinking':
      return wrap(entry.text, width, entry.isVoid ? ['dim', 'strikethrough'] : ['dim', 'italic']);
    case 'tool':
      return toolLines(entry, width, spinner);
    case 'restart': {
      const { error, attempt, maxAttempts } = entry.chunk;
      return wrap(`↻ ${error.message}, attempt ${attempt} of ${maxAttempts}`, width, 'yellow');
    }
    case 'error':
      return wrap(`✖ ${entry.message}`, width, 'red');
  }
}

function toolLines(tool: ToolEntry, width: number, spinner: string): readonly string[] {
  const { toolName, arguments: args, progress, result } = tool;
  const call = `${toolName} ${show(args)}`;
  if (!result) {
    const status = progress === undefined ? [] : wrap(show(progress), width - 2, 'dim');
    return [...wrap(`${spinner} ${call}`, width, 'cyan'), ...indent(status)];
  }
  const [mark, colour] = result.isError ? (['✖', 'red'] as const) : (['✔', 'green'] as const);
  const seconds = (result.durationMs / 1000).toFixed(1);
  return [
    ...wrap(`${mark} ${call} ${seconds} s`, width, colour),
    ...indent(wrap(`→ ${show(result.result)}`, width - 2)),
  ];
}

/** Breaks foreign text into lines and colours them; the first line of a paragraph keeps its indentation. */
function wrap(text: string, width: number, format?: Parameters<typeof styled>[0]): readonly string[] {
  // Tabs have no width of their own; blank lines at the ends only cost room.
  const paragraphs = toPrintable(text).replaceAll('\t', '  ').trim().split('\n');
  return paragraphs
    .flatMap((paragraph) =>
      wrapAnsi(paragraph, width, { hard: true, trim: false })
        .split('\n')
        .map((line, index) => (index === 0 ? line : line.trimStart())),
    )
    .map((line) => (format ? styled(format, line) : line));
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
