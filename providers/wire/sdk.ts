import { MissingPackageError } from '../../src/errors.ts';

/** Makes the client when it is first called. */
interface LazyClient<Client> {
  (): Promise<Client>;
  /** The client, once there is one. */
  readonly made: () => Client | undefined;
}

/**
 * The client of a model: the given one, or one that is made when it is first needed.
 *
 * A failure is not kept, so that the next request can succeed.
 */
export function lazyClient<Module, Client>(
  packageName: string,
  given: Client | undefined,
  load: () => Promise<Module>,
  create: (sdk: Module) => Client,
): LazyClient<Client> {
  let made = given;
  let client: Promise<Client> | undefined = given && Promise.resolve(given);

  const loadClient = () => {
    client ??= loadSdk(packageName, load)
      .then((sdk) => (made = create(sdk)))
      .catch((error: unknown) => {
        client = undefined;
        throw error;
      });
    return client;
  };
  return Object.assign(loadClient, { made: () => made });
}

/**
 * Loads an SDK.
 *
 * @throws {MissingPackageError} naming the package, where it is not installed
 */
async function loadSdk<Module>(packageName: string, load: () => Promise<Module>): Promise<Module> {
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
