import { afterEach, describe, expect, it, vi } from 'vitest';
import { printableConsole } from '../../examples/start/printableConsole.ts';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe('the console of examples/joke.ts', () => {
  it('prints texts without control sequences, and other values as they are', () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const error = vi.spyOn(console, 'error').mockReturnValue();
    printableConsole.log('\u001b[2JTwo', 2);
    printableConsole.error('failed\u0007', 'So far:', '\u001b]0;title\u0007Two');

    expect(log.mock.calls).toEqual([['Two', 2]]);
    expect(error.mock.calls).toEqual([['failed', 'So far:', 'Two']]);
  });

  it('lets the process end with 1 after an error', () => {
    vi.spyOn(console, 'error').mockReturnValue();
    printableConsole.error('failed');

    expect(process.exitCode).toBe(1);
  });
});
