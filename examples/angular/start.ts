/** Installs what is missing, builds the page, and starts the server: `npm run example:angular`. */
import { prepare } from './prepare.ts';

prepare();
await import('./server/main.ts');
