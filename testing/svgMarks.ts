import { isEnd, type Look, type Mark } from './legend.ts';
import { formatTime } from './timelineLayout.ts';

/** Of a mark. */
export const radius = 11;
/** From the middle of a mark to that of the next one in a stack. */
export const pitch = 26;
export const labelSize = 13;
const characterWidth = 7.9;

type Draw = (x: number, y: number, half: number) => string;

const r = radius;

/** Never the colour alone. */
const shapes: Readonly<Record<Look, Draw>> = {
  text: (x, y) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  thinking: (x, y) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  other: (x, y) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
  tool: (x, y) => `<rect x="${x - 10}" y="${y - 10}" width="20" height="20" rx="3"/>`,
  restart: (x, y) => `<path d="M${x} ${y - 13}l13 13l-13 13l-13 -13z"/>`,
  start: (x, y) => `<path d="M${x - 10} ${y - 10}h11l10 10l-10 10h-11z"/>`,
  finish: (x, y) => `<path d="M${x - 5} ${y - r}h10l6 6v10l-6 6h-10l-6 -6v-10z"/>`,
  usage: (x, y) => `<rect x="${x - 12}" y="${y - 8}" width="24" height="16" rx="8"/>`,
  complete: (x, y, half) => `<path d="M${x} ${y - half}v${2 * half}"/>`,
  error: (x, y) => `<path d="M${x - 7.5} ${y - 7.5}l15 15m0 -15l-15 15"/>`,
  unsubscribed: (x, y, half) =>
    `<path d="M${x - 2.5} ${y - half}h5l-1.5 ${half + 2}h-2z"/><circle cx="${x}" cy="${y + half - 2}" r="1.5"/>`,
};

/** What stands for a notification: a shape with its character, or that of an end. */
export function drawMark(mark: Mark, x: number, y: number): string {
  return `<g class="${mark.look}">${drawShape(mark, x, y, 8)}</g>`;
}

/** A notification in a lane; its words are shown where a pointer rests on it. */
export function drawNotification(mark: Mark, x: number, y: number, frame: number): string {
  const words = escapeXml(`${formatTime(frame)} ms: ${mark.meaning}`);
  return `<g class="notification ${mark.look}"><title>${words}</title>${drawShape(mark, x, y, 13)}</g>`;
}

function drawShape(mark: Mark, x: number, y: number, half: number): string {
  const shape = shapes[mark.look](x, y, half);
  return isEnd(mark) ? shape : shape + write(mark.character, x, y + 4.5, 'letter');
}

export function write(words: string, x: number, y: number, look: string): string {
  return `<text class="${look}" x="${x}" y="${y}">${escapeXml(words)}</text>`;
}

/** Any string as XML text; what XML cannot hold is shown as a replacement character. */
export function escapeXml(words: string): string {
  return words
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/** Words in lines of at most that many pixels; a word that is longer is cut. */
export function wrapText(words: string, width: number): string[] {
  const longest = Math.floor(width / characterWidth);
  const lines: string[] = [];
  let line: string[] = [];
  let length = 0;
  for (const character of words) {
    const size = character > '\u1100' ? 2 : 1;
    if (length + size > longest) {
      const space = line.lastIndexOf(' ');
      const rest = space > 0 ? line.splice(space).slice(1) : [];
      lines.push(line.join(''));
      line = rest;
      length = rest.reduce((sum, each) => sum + (each > '\u1100' ? 2 : 1), 0);
    }
    line.push(character);
    length += size;
  }
  return [...lines, line.join('')];
}

/** Light colours and dark ones, which are taken in a page that is `.dark`, and in a file where the system is. */
const colours: Readonly<Partial<Record<Look, readonly [light: string, dark: string]>>> = {
  text: ['#0969da', '#58a6ff'],
  thinking: ['#8250df', '#bc8cff'],
  tool: ['#bc4c00', '#ffa657'],
  restart: ['#bf3989', '#ff7bbd'],
  finish: ['#1a7f37', '#56d364'],
  error: ['#cf222e', '#ff7b72'],
};

const root = '.rxllm-timelines';
const coloured = (theme: 0 | 1, prefix: string) =>
  Object.entries(colours)
    .map(([look, both]) => `${prefix} .${look}{stroke:${both[theme]};fill:${both[theme]}}`)
    .join('');

/** `:root` is true of the picture only where it is a file of its own: in a page it has the page's colour of text. */
export const style = [
  `${root}{color:inherit}${root}:root{color:#1f2328}`,
  `${root} text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:currentColor;stroke:none}`,
  `${root} .letter{font-weight:600;text-anchor:middle}`,
  `${root} .axis,${root} .cut{font-family:system-ui,sans-serif;font-size:11.5px;text-anchor:middle;opacity:.75}`,
  `${root} .label{opacity:.8}`,
  `${root} g{stroke:currentColor;stroke-width:1.75;fill:currentColor;stroke-linecap:round;stroke-linejoin:round}`,
  `${root} g>:not(text){fill-opacity:.14}`,
  `${root} .other>:not(text),${root} .start>:not(text),${root} .usage>:not(text){fill-opacity:0}`,
  `${root} .thinking>*{stroke-dasharray:3.5 3.4}`,
  `${root} .complete,${root} .error{stroke-width:3}${root} .unsubscribed>*{fill-opacity:1}`,
  `${root} .lane{fill:none;stroke:currentColor;stroke-width:1.5;opacity:.7}`,
  `${root} .grid{stroke:currentColor;stroke-width:1;opacity:.12}`,
  `${root} .group{fill:none;stroke:currentColor;stroke-width:1.25;opacity:.4}`,
  coloured(0, root),
  coloured(1, `.dark ${root}`),
  `@media (prefers-color-scheme:dark){${root}:root{color:#e6edf3}${coloured(1, `${root}:root`)}}`,
].join('');
