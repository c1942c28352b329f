import { cases } from '../cases.ts';

// Jest puts these there; its types would be one more package.
declare const describe: (name: string, body: () => void) => void;
declare const it: (name: string, body: () => void) => void;

describe('rxllm/testing in jest', () => {
  for (const [name, body] of Object.entries(cases)) it(name, body);
});
