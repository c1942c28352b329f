/** Ends the process, and well, when whoever reads its standard output leaves early, as `head` does. */
export function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
}
