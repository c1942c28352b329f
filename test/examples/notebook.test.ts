import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly text: readonly string[] }[];
}

const path = (name: string) => new URL(name, import.meta.url).pathname;

it('examples/notebook.ipynb prints what stands in it', { timeout: 30_000 }, () => {
  const { cells } = JSON.parse(readFileSync(path('../../examples/notebook.ipynb'), 'utf8')) as {
    cells: readonly Cell[];
  };
  const code = cells.filter(({ cell_type }) => cell_type === 'code');
  // The packages are here already, and Node has no names of registries.
  const program = code
    .map(({ source }) => source.join('').replaceAll(/'npm:([^'@]+)(@[^']*)?'/g, "'$1'"))
    .join('\n');
  const file = path('../../examples/notebook.cells.ts');
  writeFileSync(file, program);
  try {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', path('sources.ts'), file], {
      encoding: 'utf8',
    });

    expect(stderr).toBe('');
    expect(stdout).toBe(
      code
        .flatMap(({ outputs = [] }) => outputs)
        .flatMap(({ text }) => text)
        .join(''),
    );
  } finally {
    rmSync(file);
  }
});
