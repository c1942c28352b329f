import { build } from 'esbuild';

for (const page of ['operator', 'providers']) {
  await build({
    entryPoints: [`${page}.js`],
    outdir: 'out/esbuild',
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    logLevel: 'warning',
  });
}
