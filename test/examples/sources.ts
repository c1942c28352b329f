import { registerHooks } from 'node:module';

/**
 * Lets a program import `rxllm` from its sources instead of `dist`: `node --import ./test/examples/sources.ts`.
 *
 * So the tests of examples need no build, and none that runs meanwhile can disturb them.
 */
registerHooks({
  resolve: (specifier, context, nextResolve) => nextResolve(toSource(specifier) ?? specifier, context),
});

function toSource(specifier: string): string | undefined {
  const [name, folder, file = 'index'] = specifier.split('/');
  if (name !== 'rxllm') return undefined;
  return new URL(`../../${folder ?? 'src'}/${file}.ts`, import.meta.url).href;
}
