/** An array of records as JSON, of about so many characters. */
export function recordsJson(length: number): string {
  const record = (id: number) => ({
    id,
    name: `Record number ${id}`,
    price: id * 1.25,
    tags: ['new', 'green'],
    note: `Of the ${id % 7} that we have, this one is for those who like it best.`,
    sold: id % 2 === 0,
  });
  const each = JSON.stringify(record(1000)).length + 1;
  return JSON.stringify(Array.from({ length: Math.ceil(length / each) }, (_, id) => record(id)));
}
