import { toPrintable } from './printable.ts';

/** A console for texts of a model: without anything that a terminal would obey. After an error the process ends with 1. */
export const printableConsole: Pick<Console, 'log' | 'error'> = {
  log: (...texts: readonly unknown[]) => console.log(...texts.map(clean)),
  error: (...texts: readonly unknown[]) => {
    console.error(...texts.map(clean));
    process.exitCode = 1;
  },
};

function clean(value: unknown): unknown {
  return typeof value === 'string' ? toPrintable(value) : value;
}
