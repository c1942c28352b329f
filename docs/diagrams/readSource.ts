import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import ts from 'typescript';

const root = new URL('../../', import.meta.url);

/** A property of an interface that a file exports. */
interface DocumentedMember {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly defaultValue: string;
  readonly words: string;
}

/** An exported interface or type. */
export interface DocumentedType {
  readonly name: string;
  readonly words: string;
  readonly code: string;
  /** Absent where it is not simply a list of properties. */
  readonly members?: readonly DocumentedMember[];
}

/** A file whose name is that of the function that it exports, and what its doc comment says. */
export interface DocumentedFunction {
  readonly name: string;
  /** Where it is imported from. */
  readonly folder: string;
  /** The first paragraph. */
  readonly summary: string;
  /** What stands between the summary and the timelines. */
  readonly before: string;
  /** The timelines; empty where there are none. */
  readonly timelines: string;
  /** What stands behind them: errors and unsubscribing. */
  readonly after: string;
  readonly throws: readonly string[];
  readonly examples: readonly string[];
  readonly related: readonly string[];
  readonly signature: string;
  readonly types: readonly DocumentedType[];
}

/** Reads a file of the library, `operators/withTimeout.ts` for instance. */
export function readFunction(path: string): DocumentedFunction {
  const name = basename(path, '.ts');
  const file = ts.createSourceFile(
    path,
    readFileSync(new URL(path, root), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const declaration = file.statements.find(
    (statement): statement is ts.FunctionDeclaration =>
      ts.isFunctionDeclaration(statement) && statement.name?.text === name && hasDoc(statement),
  );
  if (!declaration?.body) throw new Error(`${path} has no function ${name} with a doc comment`);
  const { text, tags } = readDoc(declaration);
  const [before = '', timelines = '', after = ''] = text.split(/\n?```text\n|\n```/);
  const [summary = '', ...paragraphs] = before.trim().split(/\n\n/);
  const of = (tag: string) => tags.filter(([each]) => each === tag).map(([, content]) => content);

  return {
    name,
    folder: dirname(path),
    summary,
    before: paragraphs.join('\n\n'),
    timelines,
    after: after.trim(),
    throws: of('throws'),
    examples: of('example'),
    related: of('see'),
    signature: signatureOf(declaration, file),
    types: file.statements.flatMap((statement) => readType(statement, file)),
  };
}

/** With overloads, those; else the function without its body. */
function signatureOf(declaration: ts.FunctionDeclaration, file: ts.SourceFile): string {
  const all = file.statements.filter(
    (each): each is ts.FunctionDeclaration =>
      ts.isFunctionDeclaration(each) && each.name?.text === declaration.name?.text,
  );
  const overloads = all.filter(({ body }) => !body);
  return (overloads.length > 0 ? overloads : [declaration])
    .map((each) => file.text.slice(each.getStart(file), each.body?.getStart(file) ?? each.end))
    .map((code) =>
      code
        .replace(/^export /, '')
        .trim()
        .replace(/;?$/, ';'),
    )
    .join('\n');
}

function readType(statement: ts.Statement, file: ts.SourceFile): DocumentedType[] {
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  const isExported = isType && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  if (!isExported || !hasDoc(statement)) return [];
  const isList = ts.isInterfaceDeclaration(statement);
  return [
    {
      name: statement.name.text,
      words: readDoc(statement).text,
      code: statement.getText(file).replace(/^export /, ''),
      ...(isList && { members: statement.members.flatMap((member) => readMember(member, file)) }),
    },
  ];
}

function readMember(member: ts.TypeElement, file: ts.SourceFile): DocumentedMember[] {
  if (!member.name) return [];
  const isProperty = ts.isPropertySignature(member);
  const { text, tags } = hasDoc(member) ? readDoc(member) : { text: '', tags: [] };
  return [
    {
      name: member.name.getText(file),
      type: isProperty ? (member.type?.getText(file) ?? 'unknown') : member.getText(file).replace(/;$/, ''),
      isOptional: member.questionToken !== undefined,
      defaultValue: tags.find(([tag]) => tag === 'defaultValue')?.[1] ?? '',
      words: text,
    },
  ];
}

function hasDoc(node: ts.Node): boolean {
  return ts.getJSDocCommentsAndTags(node).some(ts.isJSDoc);
}

/** The words of a comment as they are written, and its tags with theirs. */
function readDoc(node: ts.Node): {
  readonly text: string;
  readonly tags: readonly (readonly [tag: string, content: string])[];
} {
  const comment = ts.getJSDocCommentsAndTags(node).findLast(ts.isJSDoc)?.getText() ?? '';
  const lines = comment
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .flatMap((line) => line.split(/ (?=@defaultValue )/));
  const [text = '', ...tags] = lines.join('\n').split(/^(?=@\w+)/m);
  return {
    text: text.trim(),
    tags: tags.map((tag) => {
      const [, word = '', content = ''] = /^@(\w+)\s?(.*)$/s.exec(tag) ?? [];
      return [word, content.trim()];
    }),
  };
}
