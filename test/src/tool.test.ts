import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tool } from '../../src/tool.ts';

describe('tool', () => {
  const definition = {
    name: 'weather',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }: { city: string }) => `sunny in ${city}`,
  };

  it('is the definition itself', () => {
    expect(tool(definition)).toBe(definition);
  });

  it('throws where the definition is wrong, naming the tool', () => {
    const wrong = (part: object) => () => tool({ ...definition, ...part });

    expect(wrong({ name: '' })).toThrow('tool: toolName must be a non-empty string, not ""');
    expect(wrong({ parameters: {} })).toThrow('tool weather: schema must be a Standard Schema');
    expect(wrong({ timeout: 0 })).toThrow('tool: timeout of weather must be a number from 1, not 0');
    expect(wrong({ concurrency: 1.5 })).toThrow('tool: concurrency of weather must be a whole number from 1');
    expect(wrong({ retry: { count: -1 } })).toThrow(
      'tool: retry.count of weather must be a whole number from 0',
    );
    expect(wrong({ retry: { count: 1, delay: -1 } })).toThrow(
      'tool: retry.delay of weather must be a number from 0',
    );
    expect(wrong({ execute: undefined })).toThrow(
      'tool: execute of weather must be a function, not undefined',
    );
  });

  it('throws where providers would not take the name', () => {
    const named = (name: string) => () => tool({ ...definition, name });
    const words = 'must be 1 to 64 letters, digits, "_" or "-"';

    expect(named('the weather')).toThrow(`tool: the name of a tool ${words}, not "the weather"`);
    expect(named('wéther')).toThrow(words);
    expect(named('a'.repeat(65))).toThrow(words);
    expect(named(`-_9Z${'a'.repeat(60)}`)).not.toThrow();
  });

  it('throws where there is no definition', () => {
    expect(() => tool(undefined as never)).toThrow('tool: a tool must be an object, not undefined');
  });
});
