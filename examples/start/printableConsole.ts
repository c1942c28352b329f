import { toPrintable } from './printable.ts';

/** A console for texts of a model: without anything that a terminal would obey. */
export const printableConsole: Pick<Console, 'log' | 'error'> = {
  log: (...texts: readonly unknown[]) => console.log(...texts.map(clean)),
  error: (...texts: readonly unknown[]) => console.error(...texts.map(clean)),
};

function clean(value: unknown): unknown {
  return typeof value === 'string' ? toPrintable(value) : value;
}
