import { InvalidRequestError } from '../../src/errors.ts';
import type { Schema } from '../../src/schema.ts';
import type { ImagePart } from '../../src/message.ts';
import type { ToolDefinition } from '../../src/tool.ts';

/** A JSON object that somebody sent: nothing is known of its fields. */
export type Given = Readonly<Record<string, unknown>>;

/** The error for a field that is not what it has to be. */
export function wrong(path: string, wanted: string, value: unknown): InvalidRequestError {
  const found = value === undefined ? 'but is missing' : `not ${JSON.stringify(value).slice(0, 200)}`;
  return new InvalidRequestError(`${path} must be ${wanted}, ${found}`);
}

/** The object at `path`. */
export function toObject(path: string, value: unknown): Given {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Given;
  throw wrong(path, 'an object', value);
}

/** The array at `path`, each element with its path. */
export function toObjects(
  path: string,
  value: unknown,
): readonly (readonly [path: string, element: Given])[] {
  if (!Array.isArray(value)) throw wrong(path, 'an array', value);
  return value.map((element: unknown, index) => {
    const place = `${path}[${index}]`;
    return [place, toObject(place, element)] as const;
  });
}

/** The string at `path`. */
export function toText(path: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrong(path, 'a string', value);
}

/** The value at `path`, where there is one: `null` is none. */
export function toOptional<T>(
  read: (path: string, value: unknown) => T,
  path: string,
  value: unknown,
): T | undefined {
  return value === undefined || value === null ? undefined : read(path, value);
}

/** The text of content where only text may stand: a string, or parts. */
export function joinTexts(path: string, content: unknown): string {
  if (typeof content === 'string') return content;
  return toObjects(path, content)
    .map(([place, part]) => toText(`${place}.text`, part['text']))
    .join('');
}

/** An image at an `http(s)` address or in a `data:` URL. */
export function toImage(path: string, value: unknown): ImagePart {
  const url = toText(path, value);
  if (/^https?:\/\//i.test(url)) return { type: 'image', image: url };
  const [, mediaType, image] = /^data:([^;,]+);base64,(.*)$/is.exec(url) ?? [];
  if (mediaType === undefined || image === undefined) {
    throw wrong(path, 'an http(s) URL, or a data: URL in base64', url.slice(0, 80));
  }
  return { type: 'image', image, mediaType };
}

/**
 * A schema of which only its JSON is known. It lets every object pass: whoever sent it checks what comes of it.
 */
export function toGivenSchema(path: string, value: unknown = { type: 'object', properties: {} }): Schema {
  const given = toObject(path, value);
  const json = () => given;
  return {
    '~standard': {
      version: 1,
      vendor: 'json-schema',
      validate: (checked) =>
        typeof checked === 'object' && checked !== null
          ? { value: checked }
          : { issues: [{ message: 'must be an object' }] },
      jsonSchema: { input: json, output: json },
    },
  };
}

/** A tool of the other side, of which only name, description and parameters are known. */
export function toGivenTool(path: string, { name, description, parameters }: Given): ToolDefinition {
  const told = toOptional(toText, `${path}.description`, description);
  return {
    name: toText(`${path}.name`, name),
    ...(told !== undefined && { description: told }),
    parameters: toGivenSchema(`${path}.parameters`, parameters ?? undefined),
  };
}
