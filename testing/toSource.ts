/** A value of JSON as source text. */
export function toSource(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `[${value.map(toSource).join(', ')}]`;
  const fields = Object.entries(value).map(([key, each]) => `${toKey(key)}: ${toSource(each)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** A string as source text, in single quotes; what an editor would not show is escaped. */
export function quote(words: string): string {
  const inner = JSON.stringify(words)
    .slice(1, -1)
    .replace(/\\.|'/gu, (part) => ({ "'": String.raw`\'`, [String.raw`\"`]: '"' })[part] ?? part)
    .replace(
      /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `'${inner}'`;
}

function toKey(key: string): string {
  // In brackets it is a field, not the prototype.
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/u.test(key) ? key : quote(key);
}
