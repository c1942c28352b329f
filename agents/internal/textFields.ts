import type { Schema } from '../../src/schema.ts';

/** The schema of an object of text fields; written by hand, since no schema library is loaded here. */
export function textFields<Name extends string>(...names: readonly Name[]): Schema<Record<Name, string>> {
  const json = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names,
    additionalProperties: false,
  };

  return {
    '~standard': {
      version: 1,
      vendor: 'rxllm',
      validate: (value) => {
        const fields = Object(value) as Partial<Record<Name, unknown>>;
        const wrong = names.filter((name) => typeof fields[name] !== 'string');
        return wrong.length === 0
          ? { value: value as Record<Name, string> }
          : { issues: wrong.map((name) => ({ message: 'must be a string', path: [name] })) };
      },
      jsonSchema: { input: () => json, output: () => json },
    },
  };
}
