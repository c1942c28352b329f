/** A table of the wire's words, without what every object inherits: a server may say `constructor`. */
export function wordTable<Value>(table: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null) as Record<string, Value>, table);
}
