import { array, assert, jsonValue, nat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonFault, JsonParser, type JsonParserOptions } from '../../operators/internal/jsonParser.ts';
import { invalid, valid } from './jsonCases.ts';

/** The outcome of a text that comes in pieces, a snapshot taken behind each. */
function parse(pieces: readonly string[], options?: JsonParserOptions): unknown {
  const parser = new JsonParser(options);
  const snapshots: [value: unknown, text: string][] = [];
  for (const piece of pieces) {
    parser.write(piece);
    const { value } = parser;
    snapshots.push([value, JSON.stringify(value)]);
  }
  parser.end();
  // What was looked at must not have changed.
  for (const [value, text] of snapshots) expect(JSON.stringify(value)).toBe(text);
  return parser.value;
}

/** Every way to cut a text into two, and all of its characters. */
function* cutsOf(text: string): Generator<readonly string[]> {
  yield Array.from({ length: text.length }, (_, at) => text.charAt(at));
  const step = Math.max(1, Math.floor(text.length / 200));
  for (let at = 0; at <= text.length; at += step) yield [text.slice(0, at), text.slice(at)];
}

/** The text in pieces of the given lengths, over and over. */
function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 0;
    pieces.push(text.slice(at, at + length));
    at += Math.max(turn % lengths.length === lengths.length - 1 ? 1 : 0, length);
    if (length === 0 && turn % lengths.length === lengths.length - 1) pieces.push(text.slice(at - 1, at));
  }
  return pieces;
}

function faultOf(pieces: readonly string[]): JsonFault {
  try {
    parse(pieces);
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  throw new Error(`no fault in ${pieces.join('')}`);
}

/** Any JSON, with and without line breaks, and with strings of any code units. */
const documents = tuple(jsonValue({ stringUnit: 'binary' }), nat(3)).map(([value, indent]) =>
  JSON.stringify(value, undefined, indent),
);

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 200) };

describe('JsonParser', () => {
  it.each(valid)('reads %j as JSON.parse does, however it is cut', (text) => {
    const expected: unknown = JSON.parse(text);
    for (const pieces of cutsOf(text)) expect(parse(pieces)).toStrictEqual(expected);
    // The order of keys, and own keys named like inherited ones.
    expect(JSON.stringify(parse([text]))).toBe(JSON.stringify(expected));
  });

  it.each(invalid)('refuses %j as JSON.parse does, at the same character however it is cut', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    const { message, position } = faultOf([text]);
    for (const pieces of cutsOf(text)) expect(faultOf(pieces)).toMatchObject({ message, position });
  });

  it('agrees with JSON.parse on any JSON, cut at random', () => {
    assert(
      property(documents, array(nat(9), { minLength: 1, maxLength: 9 }), (text, lengths) => {
        expect(parse(cut(text, lengths))).toStrictEqual(JSON.parse(text));
      }),
      runs,
    );
  });

  it('agrees with JSON.parse on whether a damaged document is one', () => {
    assert(
      property(
        documents,
        nat(),
        nat(2),
        string({ maxLength: 2 }),
        nat(9),
        (text, place, gone, put, length) => {
          const at = place % (text.length + 1);
          const damaged = text.slice(0, at) + put + text.slice(at + gone);
          const outcome = (read: () => unknown) => {
            try {
              return { value: read() };
            } catch {
              return 'invalid';
            }
          };
          expect(outcome(() => parse(cut(damaged, [length + 1])))).toStrictEqual(
            outcome(() => JSON.parse(damaged) as unknown),
          );
        },
      ),
      runs,
    );
  });

  it.each([
    ['{"a":[1,x]}', 'unexpected "x" at position 8', ['a', 1]],
    ['{"a":{"b":tru}}', 'unexpected "}" at position 13', ['a', 'b']],
    ['[1,2', 'unexpected end at position 4', [1]],
    ['Sure! {}', 'unexpected "S" at position 0', []],
    ['[1, 01]', 'unexpected "1" at position 5', [1]],
    ['"a\n"', 'unexpected "\\n" at position 2', []],
    ['1.', 'unexpected end at position 2', []],
    ['['.repeat(1001), 'more than 1000 levels at position 1000', Array<number>(1000).fill(0)],
  ])('says where %j is wrong', (text, message, path) => {
    expect(faultOf([text])).toMatchObject({ message, path });
  });

  it('reads a thousand levels and no more, without a deep call stack', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

    expect(JSON.stringify(parse([deep(1000)]))).toBe(deep(1000));
    expect(faultOf([deep(100_000)])).toMatchObject({ position: 1000 });
  });

  it('lets strings grow, and shows numbers and words when they are complete', () => {
    const parser = new JsonParser();
    const seen = ['{"a":"x', 'y', '","b":1', '2', ',"c":tr', 'ue,"d":', '[', '{'].map((piece) => {
      parser.write(piece);
      return JSON.stringify(parser.value);
    });

    expect(seen).toEqual([
      '{"a":"x"}',
      '{"a":"xy"}',
      '{"a":"xy"}',
      '{"a":"xy"}',
      '{"a":"xy","b":12}',
      '{"a":"xy","b":12,"c":true}',
      '{"a":"xy","b":12,"c":true,"d":[]}',
      '{"a":"xy","b":12,"c":true,"d":[{}]}',
    ]);
  });

  it('shows a string that ends within an escape, without it', () => {
    const parser = new JsonParser();
    const seen = ['["x\\', 'n', 'y\\u00', '41'].map((piece) => {
      parser.write(piece);
      return (parser.value as string[])[0];
    });

    expect(seen).toEqual(['x', 'x\n', 'x\ny', 'x\nyA']);
  });

  it('shows no half of a character', () => {
    const parser = new JsonParser();
    const seen = ['["a\\ud83d', '\\ude00', '\ud83d', '\ude00\ud83d', 'b', '\udc00'].map((piece) => {
      parser.write(piece);
      return (parser.value as string[])[0];
    });

    expect(seen).toEqual(['a', 'a😀', 'a😀', 'a😀😀', 'a😀😀\ud83db', 'a😀😀\ud83db\udc00']);
  });

  it('shares what has not changed between snapshots', () => {
    const parser = new JsonParser();
    const look = (piece: string) => {
      parser.write(piece);
      return parser.value as { a: unknown[]; b: string; c: object };
    };
    const first = look('{"a":[{"x":1},{"y":');
    const second = look('2}],"b":"');
    const third = look('text');
    const same = look('","c');

    expect(second.a).not.toBe(first.a);
    expect(second.a[0]).toBe(first.a[0]);
    expect(third).not.toBe(second);
    expect(third.a).toBe(second.a);
    expect(same).toBe(third);
  });

  it('tells what each write changed, and where', () => {
    const parser = new JsonParser();
    const changes = ['{"a":"x', '', 'y', '","b":[1,{"c":"z"', ',"c":"q', ' "}],"a":""'].map((piece) => {
      parser.write(piece);
      return parser.changes;
    });

    expect(changes).toEqual([
      [{ path: [] }, { path: ['a'], delta: 'x' }],
      [],
      [{ path: ['a'], delta: 'y' }],
      [{ path: ['b'] }, { path: ['b', 0] }, { path: ['b', 1] }, { path: ['b', 1, 'c'], delta: 'z' }],
      // The same key again: the string begins anew.
      [{ path: ['b', 1, 'c'] }, { path: ['b', 1, 'c'], delta: 'q' }],
      [{ path: ['b', 1, 'c'], delta: ' ' }, { path: ['a'] }, { path: ['a'], delta: '' }],
    ]);
  });

  it('tells changes from which the document can be built', () => {
    assert(
      property(documents, array(nat(9), { minLength: 1, maxLength: 9 }), (text, lengths) => {
        const parser = new JsonParser();
        const strings = new Map<string, string>();
        for (const piece of cut(text, lengths)) {
          parser.write(piece);
          for (const { path, delta } of parser.changes) {
            const key = JSON.stringify(path);
            strings.set(key, delta === undefined ? '' : (strings.get(key) ?? '') + delta);
          }
        }
        parser.end();
        for (const [key, value] of strings) {
          const path = JSON.parse(key) as (string | number)[];
          const there = path.reduce<unknown>(
            (inner, step) => (inner as Record<string, unknown>)[step],
            parser.value,
          );
          if (typeof there === 'string') expect(value).toBe(there);
        }
      }),
      runs,
    );
  });

  it('has own keys only, never another prototype', () => {
    const value = parse(['{"__proto__":{"polluted":true},"a":{"__proto', '__":"x"}}']) as { a: object };

    expect(Object.keys(value)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(value.a)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('reads documents on lines as the elements of an array', () => {
    const text = '{"a":1}\n[2]\r\n\n 3\n"x"\ntrue';
    for (const pieces of cutsOf(text)) {
      expect(parse(pieces, { lines: true })).toStrictEqual([{ a: 1 }, [2], 3, 'x', true]);
    }
    expect(parse([''], { lines: true })).toEqual([]);
    expect(parse(['1\n'], { lines: true })).toEqual([1]);
  });

  it.each(['{} {}', '{},\n{}', '1 2', '{}\n,', '{}\n]', '{"a":\n', '[\n', '`', '"x', 'tr'])(
    'refuses the lines %j',
    (text) => {
      expect(() => parse([text], { lines: true })).toThrow(JsonFault);
    },
  );
});
