import { readFileSync } from 'node:fs';
import type { Wire } from './wires/wire.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly exports: Record<string, unknown>;
};

/** How the servers of all providers that the package exports speak, a file each. */
export const wires: readonly Wire[] = await Promise.all(
  Object.keys(manifest.exports).flatMap((path) => {
    const [, name] = /^\.\/providers\/(\w+)$/.exec(path) ?? [];
    return name === undefined ? [] : [importWire(name)];
  }),
);

async function importWire(name: string): Promise<Wire> {
  const file = new URL(`wires/${name}.ts`, import.meta.url);
  const exported = (await import(file.href)) as Record<string, Wire | undefined>;
  const wire = exported[`${name}Wire`];
  if (!wire) throw new Error(`test/providers/wires/${name}.ts must export ${name}Wire; see CONTRIBUTING.md`);
  return wire;
}
