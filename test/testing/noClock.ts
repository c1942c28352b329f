import { afterEach, beforeEach, expect } from 'vitest';

/** What would let real time into a test. */
const clocks = [
  [Date, 'now'],
  [performance, 'now'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
] as const;

/** Lets every clock throw while a test of the file runs, so that whatever reads one fails it. */
export function forbidClocks(): void {
  let restore: (() => void)[] = [];

  beforeEach(() => {
    restore = clocks.map(([owner, name]) => {
      const original: unknown = Reflect.get(owner, name);
      Reflect.set(owner, name, () => {
        throw new Error(`A real clock was read: ${name}`);
      });
      return () => Reflect.set(owner, name, original);
    });
    // Also counts as the assertion that every test must make: those of the kit throw without Vitest's knowledge.
    expect(() => Date.now()).toThrow('A real clock was read');
  });

  afterEach(() => restore.forEach((each) => each()));
}
