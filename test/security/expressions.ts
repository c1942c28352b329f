import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A regular expression as it stands in a source file. */
export interface Expression {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** A place where one is built while the program runs. */
export interface Construction {
  readonly file: string;
  readonly text: string;
}

const root = new URL('../../', import.meta.url);

/** All regular expressions of what is published, and of the examples that people copy, but for their tests. */
export function findExpressions(): { literals: Expression[]; constructions: Construction[] } {
  const files = globSync(
    '{src,operators,providers,models,agents,web,integrations,testing,examples}/**/*.ts',
    {
      cwd: new URL('.', root),
      exclude: (path) => /(?:^|[\\/])(?:node_modules|dist|e2e)$/.test(path),
    },
  );
  const literals = new Map<string, Expression>();
  const constructions: Construction[] = [];

  for (const file of files.sort()) {
    const code = readFileSync(new URL(file, root), 'utf8');
    const parsed = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);

    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        const line = parsed.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        literals.set(node.text, {
          place: `${file}:${line}`,
          source: node.text.slice(1, end),
          flags: node.text.slice(end + 1),
        });
      }
      const isBuilt = ts.isNewExpression(node) || ts.isCallExpression(node);
      if (isBuilt && node.expression.getText() === 'RegExp') {
        constructions.push({ file: file.replaceAll('\\', '/'), text: node.getText() });
      }
      ts.forEachChild(node, visit);
    };
    visit(parsed);
  }
  return { literals: [...literals.values()], constructions };
}

/** A text that is made to be read slowly, of any length. */
export interface Hostile {
  readonly head: string;
  readonly piece: string;
}

/**
 * What an expression may stumble over: the words and characters that it is written with, again and again, with an
 * end that fits nowhere.
 */
export function hostileTo({ source }: Expression): Hostile[] {
  const words = [...new Set(source.match(/[A-Za-z_]{2,}/g) ?? [])].slice(0, 12);
  const characters = new Set(`${source.replace(/[^\W\d]+/g, '')}a0_-\n\t\u0090\u009b\u001b`.match(/./gsu));
  const pairs = words.flatMap((word) => ['-', '/', '<'].map((sign) => word + sign));

  return [...words, ...pairs, ...characters].flatMap((piece) =>
    ['', words[0] ?? '<'].map((head) => ({ head, piece })),
  );
}

/** The text of that length. */
export function toText({ head, piece }: Hostile, length: number): string {
  return Buffer.from(`${head + piece.repeat(length / piece.length)}\0`).toString();
}
