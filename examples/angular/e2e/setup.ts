import { prepare } from '../prepare.ts';
import { findChromium } from './chromium.ts';

/** Builds what is tested, where there is a browser to test it in. */
export default function setup(): void {
  if (findChromium() === undefined) {
    console.log(
      'No Chromium, no tests: install it (apt-get install chromium) or set CHROMIUM to its program.',
    );
  } else {
    prepare();
  }
}
