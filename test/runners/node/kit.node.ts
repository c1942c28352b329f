import { test } from 'node:test';
import { cases } from '../cases.ts';

for (const [name, body] of Object.entries(cases)) void test(`rxllm/testing ${name}`, body);
