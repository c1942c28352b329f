import { isDeepStrictEqual } from 'node:util';
import { runInThisContext } from 'node:vm';
import { type ChunkDraft, finish, restart, text, thinking, usage } from '../../testing/index.ts';
import { type Meaning, splitList } from './readTimeline.ts';

/** What a comment calls the chunks whose type is another word. */
const types: Readonly<Record<string, string>> = {
  text: 'text-delta',
  thinking: 'thinking-delta',
  refusal: 'refusal-delta',
};

/** A name, a value, or a name with a value. */
const factPattern = /^(?:the )?(?<name>[A-Za-z][\w -]*?)?(?:(?:^| )(?<value>['"[{\d].*))?$/s;

function readFact(fact: string): { readonly name?: string; readonly value?: string } {
  if (/^(?:true|false|undefined)$/.test(fact)) return { value: fact };
  const { name, value } = factPattern.exec(fact)?.groups ?? {};
  if (name === undefined && value === undefined)
    throw new Error(`The timeline does not say what '${fact}' is`);
  return { ...(name !== undefined && { name }), ...(value !== undefined && { value }) };
}

function evaluate(code: string): unknown {
  return runInThisContext(`(${code})`);
}

/** The chunk that a letter of an input stands for; nothing where the comment does not say all of it. */
export function toDraft(letter: string, meanings: readonly Meaning[]): ChunkDraft | undefined {
  const facts = meanings
    .filter(({ path }) => path.length === 0)
    .flatMap((meaning) => meaning.facts.map(readFact));
  const [fact] = facts;
  if (!fact) return undefined;
  const { name = 'text', value } = fact;
  const content = value === undefined ? letter : evaluate(value);
  if (typeof content !== 'string') return undefined;
  switch (types[name] ?? name) {
    case 'text-delta':
      return text(content);
    case 'thinking-delta':
      return thinking(content);
    case 'start':
      return { type: 'start' };
    case 'finish':
      return finish();
    case 'restart':
      return restart();
    case 'usage':
      return usage({ inputTokens: 9, outputTokens: 3 });
    default:
      return undefined;
  }
}

/** The letters of the list that a letter stands for; nothing where it is no list. */
export function toList(meanings: readonly Meaning[]): readonly string[] | undefined {
  const list = meanings.flatMap(({ facts }) => facts).find((fact) => /^\[[^'"]*\]$/.test(fact));
  return list?.slice(1, -1).split(' ');
}

/** Whether a value is what a comment says; `sameAs` tells whether a value is that of a letter. */
export function fits(
  actual: unknown,
  meanings: readonly Meaning[],
  sameAs: (value: unknown, letter: string) => boolean,
): boolean {
  return meanings.every(({ path, facts }) => {
    const part = path.reduce<unknown>((value, key) => propertyOf(value, key), actual);
    return facts.every((fact) => fitsFact(part, fact, sameAs));
  });
}

function fitsFact(
  actual: unknown,
  fact: string,
  sameAs: (value: unknown, letter: string) => boolean,
): boolean {
  const { name, value } = readFact(fact);
  if (name === undefined) return value !== undefined && fitsValue(actual, value, sameAs);
  const singular = name.replace(/s$/, '').replaceAll(' ', '-');
  if (actual instanceof Error) return value === undefined && actual.name === name;
  const type = propertyOf(actual, 'type');
  const isOfType =
    typeof type === 'string' &&
    ([name, singular, types[name]].includes(type) || type.endsWith(`-${singular}`));

  if (value === undefined) return isOfType || propertyOf(actual, 'status') === name;
  if (isOfType) return isDeepStrictEqual(propertyOf(actual, 'text'), evaluate(value));
  return isDeepStrictEqual(propertyOf(actual, name), evaluate(value));
}

/** A list is one of letters and of text: `['ab', f]`. */
function fitsValue(
  actual: unknown,
  value: string,
  sameAs: (value: unknown, letter: string) => boolean,
): boolean {
  if (!value.startsWith('[')) {
    const expected = evaluate(value);
    return isDeepStrictEqual(actual, expected) || isDeepStrictEqual(propertyOf(actual, 'text'), expected);
  }
  const items = splitList(value.slice(1, -1)).flatMap((item) =>
    /^['"]/.test(item) ? [item] : item.split(' '),
  );
  return (
    Array.isArray(actual) &&
    actual.length === items.length &&
    items.every((item, index) => {
      const each: unknown = actual[index];
      return /^['"\d{]/.test(item) ? fitsValue(each, item, sameAs) : sameAs(each, item);
    })
  );
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
