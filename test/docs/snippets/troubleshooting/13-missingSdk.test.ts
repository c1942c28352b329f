import { registerHooks } from 'node:module';
import { lastValueFrom } from 'rxjs';
import { ollama } from 'rxllm/providers/ollama';
import { expect, it, vi } from 'vitest';

/** Makes Node forget that the package is installed. */
const uninstall = (name: string) =>
  registerHooks({
    resolve: (specifier, context, next) => {
      if (!specifier.includes(name)) return next(specifier, context);
      throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    },
  });

it('says what to install', async () => {
  const uninstalled = uninstall('ollama');
  const model = ollama('qwen3', { host: 'http://127.0.0.1:1' });

  // The symptom: the first request fails, not the import. SDKs are loaded when they are needed.
  await expect(lastValueFrom(model.stream('Hello'))).rejects.toMatchObject({
    name: 'MissingPackageError',
    packageName: 'ollama',
    message: 'rxllm needs the package "ollama" for this: npm install ollama',
  });

  // The remedy: npm install ollama. Started again, it gets as far as the server.
  uninstalled.deregister();
  vi.resetModules();
  const { ollama: installed } = await import('rxllm/providers/ollama');
  const answer$ = installed('qwen3', { host: 'http://127.0.0.1:1' }).stream('Hello');
  await expect(lastValueFrom(answer$)).rejects.toMatchObject({ name: 'ProviderError' });
});
