import { MissingPackageError } from '../../src/errors.ts';

/**
 * Loads an SDK when it is first needed.
 *
 * @throws {MissingPackageError} naming the package, where it is not installed
 */
export async function loadSdk<Module>(packageName: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const isMissing =
      code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || /resolve module/i.test(message ?? '');
    if (!isMissing || !message?.includes(packageName)) throw error;
    const advice = `rxllm needs the package "${packageName}" for this: npm install ${packageName}`;
    throw new MissingPackageError(advice, { packageName, cause: error });
  }
}
