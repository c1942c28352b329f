/** What the SDK of Anthropic says at every request for a model that will go, as the models of recordings do. */
const deprecated = /^The model '[^']+' is deprecated and will reach end-of-life on /;

/** Lets all warnings pass but that one. */
export function silenceDeprecatedModels(): void {
  const { warn } = console;
  console.warn = (...values: unknown[]) => {
    if (typeof values[0] === 'string' && deprecated.test(values[0])) return;
    warn.apply(console, values);
  };
}
