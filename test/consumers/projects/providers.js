import { lastValueFrom, toArray } from 'rxjs';
import { ask } from './ask.js';

// Called by the test, so that it knows what the page had loaded before.
globalThis.start = () => lastValueFrom(ask(location.origin).pipe(toArray()));
