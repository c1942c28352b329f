import { styleText } from 'node:util';

/** Whether the standard output is a terminal with colours, and `NO_COLOR` is not set. */
export function hasColours(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors();
}

/** A text in a colour or style, where the standard output has them. */
export function coloured(format: Parameters<typeof styleText>[0], text: string): string {
  return hasColours() ? styleText(format, text, { validateStream: false }) : text;
}
