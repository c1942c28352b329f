/** Installs what is missing, builds the page, and starts the server: `npm run example:angular`. */
import { build, install, isInstalled } from './prepare.ts';

if (!isInstalled()) install();
build();
await import('./server/main.ts');
