import { existsSync } from 'node:fs';

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The program of a Chromium that is installed, or that `CHROMIUM` names. */
export function findChromium(): string | undefined {
  return places.find((place) => place !== undefined && existsSync(place));
}
