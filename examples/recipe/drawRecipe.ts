import type { InferPartial } from 'rxllm';
import wrapAnsi from 'wrap-ansi';
import { z } from 'zod';
import { toPrintable } from '../start/printable.ts';

/** What the answer is to be. */
export const recipe = z.object({
  title: z.string(),
  servings: z.number().int(),
  ingredients: z.array(z.object({ amount: z.string(), name: z.string() })),
  steps: z.array(z.string()),
});

/** The recipe as text, as far as it has come: every field of it may still be missing. */
export function drawRecipe(
  { title, servings, ingredients = [], steps = [] }: InferPartial<typeof recipe> = {},
  columns = 80,
): string {
  const amounts = ingredients.map(({ amount = '' }) => amount);
  const width = Math.max(...amounts.map(({ length }) => length), 0);
  const lines = [
    `${title ?? '…'}${servings === undefined ? '' : `, for ${servings}`}`,
    '',
    ...ingredients.map(({ name = '' }, at) => `  ${amounts[at]?.padStart(width)}  ${name}`),
    '',
    ...steps.map((step, at) => `${at + 1}. ${step}`),
  ];
  return wrapAnsi(toPrintable(lines.join('\n')), columns, { hard: true, trim: false });
}
