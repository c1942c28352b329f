import { styleText } from 'node:util';

/** A text in a colour or style, where the standard error output is a terminal that has them and `NO_COLOR` is not set. */
export function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stderr });
}
