import { describe, it } from 'node:test';
import { cases } from '../cases.ts';

describe('rxllm/testing in node:test', () => {
  for (const [name, body] of Object.entries(cases)) it(name, body);
});
