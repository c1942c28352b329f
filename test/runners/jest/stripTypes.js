import { stripTypeScriptTypes } from 'node:module';

/** Lets Jest read TypeScript as Node does: without its types, and without a build. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
