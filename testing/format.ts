import type { ChunkType, StreamChunk } from '../src/chunk.ts';

/** Values deeper than this are not told. */
const deepest = 6;
const longest = 160;

/** A value as one short line, readable rather than parsable. */
export function format(value: unknown): string {
  const line = formatAt(value, 0);
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

function formatAt(value: unknown, depth: number): string {
  // Cut first: texts grow, and are shown again and again.
  if (typeof value === 'string')
    return JSON.stringify(value.length > 400 ? `${value.slice(0, 399)}…` : value);
  if (typeof value === 'function') return value.name === '' ? 'a function' : `function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date || value instanceof RegExp || value instanceof URL) return String(value);
  if (depth === deepest) return '…';
  if (Array.isArray(value)) return `[${value.map((item) => formatAt(item, depth + 1)).join(', ')}]`;
  if (isChunk(value)) return describeChunk(value);
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${formatAt(each, depth + 1)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

const chunkTypes: Readonly<Record<ChunkType, string>> = {
  start: 'start',
  'text-delta': 'text',
  'refusal-delta': 'refusal',
  'thinking-delta': 'thinking',
  'thinking-signature': 'signature',
  'tool-call-start': 'start of tool call',
  'tool-call-delta': 'arguments',
  'tool-call': 'tool call',
  'tool-call-invalid': 'invalid tool call',
  'approval-request': 'approval request',
  'tool-progress': 'tool progress',
  'tool-result': 'tool result',
  source: 'source',
  usage: 'usage',
  restart: 'restart',
  finish: 'finish',
  message: 'message',
  'run-finish': 'end of the run',
  error: 'error',
  raw: 'raw',
};

/** Whether a value is a chunk of this library. */
export function isChunk(value: unknown): value is StreamChunk {
  const type = typeof value === 'object' && value !== null && 'type' in value && value.type;
  return typeof type === 'string' && Object.hasOwn(chunkTypes, type);
}

/** Fields that need no name, in this order. Names and ids stand without quotes, other text with them. */
const names = ['toolName', 'reason', 'provider', 'model', 'argumentsDelta'];
const contents = ['text', 'arguments', 'value', 'result'];

interface ChunkFields extends Readonly<Record<string, unknown>> {
  readonly block?: number;
  readonly toolCallId?: string;
}

/** A chunk in words: what it is, what it says, then its other fields by name and its place. */
export function describeChunk({ type, ...fields }: StreamChunk): string {
  const { block, toolCallId, ...told } = fields as ChunkFields;
  const all = Object.entries(told).filter(([key, value]) => !isUsual(type, key, value));
  const pick = (keys: readonly string[]) => keys.flatMap((key) => all.filter(([name]) => name === key));

  return [
    chunkTypes[type],
    ...pick(names).map(([, value]) => String(value)),
    ...pick(contents).map(([, value]) => formatAt(value, 1)),
    ...all
      .filter(([key]) => !names.includes(key) && !contents.includes(key))
      .map(([key, value]) => `${key} ${formatAt(value, 1)}`),
    ...(toolCallId === undefined ? [] : [`(${toolCallId})`]),
    ...(block === undefined ? [] : [`in block ${block}`]),
  ].join(' ');
}

/** What nearly every chunk of its type has, so that it would only fill the line. */
function isUsual(type: ChunkType, key: string, value: unknown): boolean {
  return (
    (key === 'isError' && value === false) ||
    (key === 'kind' && value === 'thinking') ||
    (type === 'finish' && key === 'metadata' && Object.keys(value as object).length === 0)
  );
}
