import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as operators from '../operators/index.ts';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const filesOf = (pattern: string) => globSync(pattern).map((file) => basename(file, '.ts'));
const manifest = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };
const readme = read('README.md');

/** What `rxllm/operators` exports that is no operator, but an argument of one. */
const noOperators = ['retryBudget'];
const names = Object.keys(operators).filter((name) => !noOperators.includes(name));

describe('every operator', () => {
  it('has a file of its name, and every such file is exported', () => {
    expect(filesOf('operators/*.ts').filter((name) => name !== 'index')).toEqual(
      Object.keys(operators).sort((one, other) => (one < other ? -1 : 1)),
    );
  });

  it.each(names)('%s is run through the contract', (name) => {
    expect(read(`test/operators/${name}.test.ts`)).toContain(`behavesAsOperator('${name}', `);
  });

  it.each(Object.keys(operators))('%s stands in the README', (name) => {
    expect(readme).toContain(`\`${name}\``);
  });
});

describe('every provider', () => {
  it.each(filesOf('providers/*.ts'))('%s is run through the contract and stands in the README', (name) => {
    expect(read('test/providers/contract.test.ts')).toMatch(new RegExp(`each\\(\\[.*\\b${name}Wire\\b`));
    expect(readme).toContain(`\`rxllm/providers/${name}\``);
  });
});

describe('the exports', () => {
  it('are the folders and the files that are named for users', () => {
    const folders = globSync('{operators,models,agents,web,testing}/index.ts').map(
      (file) => `./${file.replace('/index.ts', '')}`,
    );
    const files = globSync(
      '{providers/*,testing/*Fetch,agents/{file,sqlite}Store,web/node,integrations/*}.ts',
    ).map((file) => `./${file.replace('.ts', '')}`);

    expect(Object.keys(manifest.exports).sort()).toEqual(
      ['.', './package.json', ...folders, ...files].sort(),
    );
  });
});
