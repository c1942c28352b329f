/** What follows a request through asynchronous code: tracing and loggers use it. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot(): (act: () => void) => void };
}

// Not imported: browsers have none, and nothing is to follow there.
const { process } = globalThis as {
  process?: { getBuiltinModule?: (name: string) => AsyncHooks | undefined };
};
const hooks = process?.getBuiltinModule?.('node:async_hooks');

/** Keeps the context of the caller for what is done later, in answer to something else. */
export function keepContext(): (act: () => void) => void {
  return hooks?.AsyncLocalStorage.snapshot() ?? ((act) => act());
}
