/** A line of a timeline: an input of the diagram, or what a call makes of the inputs. */
export interface TimelineRow {
  readonly label: string;
  /** When it is subscribed to: the columns before its first character. */
  readonly offset: number;
  readonly marbles: string;
  /** Code, or the label of another row; absent where the row is an input. */
  readonly call?: string;
}

/** What a comment says of the values of a letter, or of one of their properties. */
export interface Meaning {
  readonly path: readonly string[];
  /** `finish` and `reason 'aborted'`, for instance. */
  readonly facts: readonly string[];
}

/** A name for what code makes. */
interface Definition {
  readonly name: string;
  readonly code: string;
}

/** Rows that belong together, since their columns do. */
export interface TimelineDiagram {
  readonly rows: readonly TimelineRow[];
  /** What the calls need: `draining = drain({ timeout: 8 })`. */
  readonly definitions: readonly Definition[];
  /** By letter; what an earlier diagram of the same comment says counts, too. */
  readonly meanings: ReadonlyMap<string, readonly Meaning[]>;
  /** As it stands in the comment. */
  readonly text: string;
}

const rowPattern = /^(?<label>\S[^:]*):(?<gap> +)(?<marbles>\S+)(?: {2,}(?<caption>.*))?$/;
const meaningPattern = /^(?<subject>\S(?: \S)*|\S\.\w[\w.]*): (?<fact>.+)$/s;
const callPattern = /^[A-Za-z][\w.]*\(.*\)$/s;

/**
 * Reads the timelines of a doc comment.
 *
 * ```text
 * source:  s-a-b-f|        s: start, a b: text, f: finish
 * stop:    ---x
 * result:  s-a(F|)         interruptOn(stop), F: finish, reason 'aborted'
 * ```
 *
 * - A row is a label, marbles as RxJS' run mode has them, and words. A column is a millisecond for all rows, so a group
 *   takes its width of time. What stands further to the right is subscribed to later; `!` is where a reader leaves.
 * - A row whose words begin with a call, or with the label of another row, is what comes of it; all others are inputs.
 *   An operator is applied to `source`, or to `1st try`, `2nd try` in turn; calls may name any input.
 * - Then follow meanings: `a b: text`, `t: thinking 'Hm'`, `F: finish, reason 'aborted'`, `1: { city: 'Bern' }`,
 *   `B: [a b]`, `x.text: 'ab'`, `#: GuardError`, for several letters one or as many: `a b: 'Hel', 'lo'`. The letter of
 *   an input stands for the same in a result. Definitions are `draining = drain({ timeout: 8 })`; what is neither is
 *   prose.
 * - A row without a label goes on with the words, a blank line begins another diagram, which knows all meanings so far.
 */
export function readTimelines(text: string): TimelineDiagram[] {
  const meanings = new Map<string, readonly Meaning[]>();
  return text
    .split(/\n\s*\n/)
    .filter((part) => part.split('\n').some((line) => rowPattern.test(line)))
    .map((part) => {
      const definitions: Definition[] = [];
      const rows = readRows(part.split('\n'), meanings, definitions);
      return { rows, definitions, meanings: new Map(meanings), text: part };
    });
}

function readRows(
  lines: readonly string[],
  meanings: Map<string, readonly Meaning[]>,
  definitions: Definition[],
): TimelineRow[] {
  const parsed = lines.map((line) => {
    const { label, gap = '', marbles, caption = '' } = rowPattern.exec(line)?.groups ?? {};
    if (label === undefined || marbles === undefined) return { caption: line.trim() };
    return { label, marbles, caption, column: label.length + 1 + gap.length };
  });
  const labels = new Set(parsed.map(({ label }) => label));
  const first = Math.min(...parsed.map(({ column = Infinity }) => column));

  return parsed.flatMap(({ label, marbles, caption, column = first }) => {
    const parts = splitList(caption);
    const [head = ''] = parts;
    const isCall = label !== undefined && (callPattern.test(head) || (labels.has(head) && head !== label));
    const told = isCall ? parts.slice(1) : parts;
    definitions.push(...told.flatMap(readDefinition));
    readMeanings(
      told.filter((part) => readDefinition(part).length === 0),
      meanings,
    );
    if (label === undefined) return [];
    return [{ label, offset: column - first, marbles, ...(isCall && { call: head }) }];
  });
}

function readDefinition(part: string): Definition[] {
  const { name, code } = /^(?<name>[A-Za-z]\w*) = (?<code>.+)$/s.exec(part)?.groups ?? {};
  return name === undefined || code === undefined ? [] : [{ name, code }];
}

function readMeanings(parts: readonly string[], meanings: Map<string, readonly Meaning[]>): void {
  let letters: string[] = [];
  let path: string[] = [];
  let facts: string[] = [];
  const keep = () => {
    // As many facts as letters: one for each.
    const isList = letters.length > 1 && facts.length === letters.length;
    letters.forEach((letter, index) => {
      const own = isList ? facts.slice(index, index + 1) : facts;
      meanings.set(letter, [...(meanings.get(letter) ?? []), { path, facts: own }]);
    });
  };
  for (const part of parts) {
    const { subject, fact } = meaningPattern.exec(part)?.groups ?? {};
    if (subject === undefined || fact === undefined) {
      facts.push(part);
      continue;
    }
    keep();
    const isPath = subject.includes('.') && subject.length > 1;
    letters = isPath ? [subject.charAt(0)] : subject.split(' ');
    path = isPath ? subject.split('.').slice(1) : [];
    facts = [fact];
  }
  keep();
}

/** Splits at commas that stand outside of brackets and quotes. */
export function splitList(list: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let quote = '';
  for (const character of list) {
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (/['"`/]/.test(character) && (character !== '/' || part.endsWith('('))) quote = character;
    else if (/[([{]/.test(character)) depth += 1;
    else if (/[)\]}]/.test(character)) depth -= 1;

    if (character === ',' && depth === 0 && quote === '') {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  return [...parts, part.trim()].filter((each) => each !== '');
}
