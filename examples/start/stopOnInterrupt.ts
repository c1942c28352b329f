/** A signal for Ctrl-C: the first one stops gracefully, the second one at once. */
export function stopOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    process.once('SIGINT', () => process.exit(130));
    controller.abort();
  });
  return controller.signal;
}
