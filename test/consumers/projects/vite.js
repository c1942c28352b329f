import { build } from 'vite';

for (const page of ['operator', 'providers']) {
  await build({
    base: '/out/vite/',
    logLevel: 'warn',
    build: {
      outDir: 'out/vite',
      emptyOutDir: false,
      rolldownOptions: { input: `${page}.js`, output: { entryFileNames: '[name].js' } },
    },
  });
}
