import { catchError, map, type Observable, of } from 'rxjs';
import { isRxllmError, type StreamChunk, toErrorFacts, type Usage } from 'rxllm';
import { type CollectedResponse, collectResponse } from 'rxllm/operators';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { toPrintable } from './printable.ts';
import { styled } from './style.ts';

/** How a conversation ended. */
export interface Outcome {
  readonly name: string;
  readonly model: string;
  /** The answer, or as much of it as had come. */
  readonly text: string;
  readonly response?: CollectedResponse;
  /** Why there is no more of it. */
  readonly error?: string;
}

/** Public list prices in US dollars for a million tokens, as of November 2026; change them to what you pay. */
const prices: Readonly<Record<string, { readonly input: number; readonly output: number }>> = {
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'claude-sonnet-5-5': { input: 2, output: 10 },
};

/** Emits the outcome of a run when it has ended, well or not. */
export function toOutcome(run: Observable<StreamChunk>, name: string, model: string): Observable<Outcome> {
  return run.pipe(
    collectResponse(),
    map((response) => ({ name, model, text: response.text, response })),
    catchError((error: unknown) => {
      const text = isRxllmError(error) ? error.partial.text : '';
      return of({ name, model, text, error: toErrorFacts(error).message });
    }),
  );
}

/** The outcomes as a table, with the models only where there is room for them. */
export function summary(outcomes: readonly Outcome[]): string {
  const columns = process.stderr.columns || 80;
  const full = [heads, ...outcomes.map(toRow)];
  const narrow = full.map(([name = '', , ...numbers]) => [name, ...numbers]);
  const table =
    [full, narrow].map(align).find((lines) => stringWidth(lines[0] ?? '') <= columns) ?? align(narrow);
  const [head = '', ...rows] = table;

  return [styled('bold', head), ...rows, styled('dim', wrapAnsi(legend, columns))].join('\n');
}

const heads = ['', 'model', 'first', 'total', 'tokens in', 'out', 'voided', 'cost'];
const legend =
  'first: time to the first chunk. voided: tokens of attempts that broke off, which are billed too. cost: by list prices.';

function toRow({ name, model, response }: Outcome): readonly string[] {
  const { usage, billedUsage, timeToFirstChunkMs, durationMs } = response ?? {};
  const voided = (billedUsage?.totalTokens ?? 0) - (usage?.totalTokens ?? 0);

  return [
    name,
    toPrintable(response?.model ?? model),
    seconds(timeToFirstChunkMs),
    seconds(durationMs),
    tokens(usage?.inputTokens),
    tokens(usage?.outputTokens),
    tokens(voided),
    name === 'ollama' ? 'free' : cost(response?.model ?? model, billedUsage),
  ];
}

function cost(model: string, usage: Usage | undefined): string {
  // Providers answer with the dated name, `gpt-5-mini-2025-08-07`.
  const price = Object.entries(prices).find(([name]) => model.startsWith(name))?.[1];
  if (!price || !usage) return '–';
  const dollars = (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6;
  return `$${dollars.toFixed(5)}`;
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : `${(milliseconds / 1000).toFixed(1)} s`;
}

function tokens(count: number | undefined): string {
  return count ? String(count) : '–';
}

/** Words to the left, numbers to the right. */
function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))),
  );
  const words = widths.length - (heads.length - 2);

  return rows.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat((widths[column] ?? 0) - stringWidth(cell));
        return column < words ? cell + room : room + cell;
      })
      .join('  '),
  );
}
