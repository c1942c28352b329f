import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as operators from '../operators/index.ts';
import * as web from '../web/index.ts';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const filesOf = (pattern: string) => globSync(pattern, { cwd: root }).sort();
const namesOf = (pattern: string) => filesOf(pattern).map((file) => basename(file, '.ts'));

const library = '{src,operators,providers,models,agents,web,integrations,testing}';
const manifest = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };

/** Expects a file to say something, else tells what is to be added to it. */
function expectSaid(file: string, wanted: string, line = wanted): void {
  const text = existsSync(new URL(file, root)) ? read(file) : '';
  expect(text.includes(wanted), `add to ${file}: ${line}`).toBe(true);
}

/** What `rxllm/operators` exports that is no operator, but an argument of one. */
const noOperators = ['retryBudget'];

describe.each(namesOf('operators/*.ts').filter((name) => name !== 'index'))('the operator %s', (name) => {
  it('is exported', () => {
    expectSaid('operators/index.ts', `from './${name}.ts';`, `export { ${name} } from './${name}.ts';`);
    expect(operators, `operators/${name}.ts must export a function of its name`).toHaveProperty(name);
  });

  it.skipIf(noOperators.includes(name))('is run through the contract', () => {
    const call = `behavesAsOperator('${name}', `;
    expectSaid(`test/operators/${name}.test.ts`, call, `${call}() => ${name}());`);
  });

  it('stands in the README', () => {
    expectSaid('README.md', `\`${name}\``, `| \`${name}\` | what it does |, in the table of operators`);
  });
});

it('rxllm/operators exports what has a file of its name', () => {
  expect(Object.keys(operators).filter((name) => !existsSync(new URL(`operators/${name}.ts`, root)))).toEqual(
    [],
  );
});

describe.each(namesOf('providers/*.ts'))('the provider %s', (name) => {
  it('is exported, and so run through the contract', () => {
    const path = `./providers/${name}`;
    const files = { types: `./dist/providers/${name}.d.ts`, default: `./dist/providers/${name}.js` };
    expect(manifest.exports[path], `add to the exports of package.json: "${path}"`).toEqual(files);
  });

  it('tells how its server speaks', () => {
    expectSaid(`test/providers/wires/${name}.ts`, `export const ${name}Wire: Wire = {`);
  });

  it('stands in the README', () => {
    const path = `\`rxllm/providers/${name}\``;
    expectSaid('README.md', path, `| ${path} | \`${name}\` | …, in the table of providers`);
  });
});

/** The functions of `rxllm/web` that make formats. */
const formats = filesOf('web/*.ts').filter((file) =>
  /^export function \w+\([^]*?\): ChunkFormat \{/m.test(read(file)),
);

describe.each(formats.map((file) => basename(file, '.ts')))('the format %s', (name) => {
  it('is exported', () => {
    expectSaid('web/index.ts', `from './${name}.ts';`, `export { ${name} } from './${name}.ts';`);
    expect(web, `web/${name}.ts must export a function of its name`).toHaveProperty(name);
  });

  it('is run through the contract', () => {
    const call = `behavesAsFormat('${name}', `;
    const tests = filesOf('test/web/*.test.ts').filter((file) => read(file).includes(call));
    expect(tests, `add to test/web/${name}.test.ts: ${call}() => ${name}());`).not.toEqual([]);
  });

  it('stands in the guide', () => {
    expectSaid('docs/web.md', `| \`${name}(`, `| \`${name}()\` | …, in the table of formats`);
  });
});

describe('the exports', () => {
  it('are the folders and the files that are named for users', () => {
    const folders = filesOf('{operators,models,agents,web,testing}/index.ts').map(
      (file) => `./${file.replace('/index.ts', '')}`,
    );
    const files = filesOf(
      '{providers/*,testing/*Fetch,agents/{file,sqlite}Store,web/node,integrations/*}.ts',
    ).map((file) => `./${file.replace('.ts', '')}`);

    expect(Object.keys(manifest.exports).sort(), 'the exports of package.json').toEqual(
      ['.', './package.json', ...folders, ...files].sort(),
    );
  });
});

describe.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', 'docs/reliability.md'])('%s', (page) => {
  it('names only files that exist', () => {
    const exists = (path: string) =>
      [path, `test/template/${path}`, `${library}/**/${path}`].some((place) => filesOf(place).length > 0);
    const named = [...read(page).matchAll(/`((?:[\w.*-]+\/)+[\w.*-]*|[\w-]+\.(?:ts|md|json))`/g)].flatMap(
      ([, path]) => (path === undefined || path.startsWith('rxllm/') ? [] : [path]),
    );

    expect(named.filter((path) => !exists(path))).toEqual([]);
  });
});

describe('every file of the library', () => {
  it('has 300 lines at the most', () => {
    const files = filesOf(`${library}/**/*.ts`);

    expect(files.filter((file) => read(file).split('\n').length > 301)).toEqual([]);
  });
});
