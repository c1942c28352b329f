import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The code of an `@example`, by the name of what it explains. */
export interface DocExample {
  /** The file and the name: `operators/ofType.ts ofType`. */
  readonly title: string;
  readonly file: string;
  readonly code: string;
}

/** An example that has been checked, and can be run. */
export interface CompiledExample extends DocExample {
  /** What the compiler objects to. */
  readonly problems: readonly string[];
  /** The module that gives each name that the example does not declare; `world` is the stand-ins. */
  readonly origins: ReadonlyMap<string, string>;
  /** Its JavaScript: the body of an async function of those names and of `outcome` and `check`. */
  readonly script: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = '{src,operators,providers,models,agents,web,integrations,testing}';

/** Where examples get what they do not import: those of this package by its `exports`, then those of others. */
const entries = Object.keys(
  (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { exports: Record<string, unknown> }).exports,
)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.replace('.', 'rxllm'));
const packages = ['rxjs', 'rxjs/testing', 'rxjs-marbles', 'zod', 'node:fs', 'hono'];

/** The examples of the doc comments of the whole library. */
export function readExamples(): DocExample[] {
  return globSync(`${folders}/**/*.ts`, { cwd: root })
    .sort()
    .flatMap((file) => examplesOf(file));
}

function examplesOf(file: string): DocExample[] {
  const source = parse(file, readFileSync(root + file, 'utf8'));
  const found: DocExample[] = [];
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) {
      // The comment of a variable is found at its statement, too.
      if (tag.tagName.text !== 'example' || tag.parent.parent !== node) continue;
      const { name } = node as ts.NamedDeclaration;
      const blocks = (ts.getTextOfJSDocComment(tag.comment) ?? '').matchAll(/```ts\n(.*?)```/gs);
      for (const [, code = ''] of blocks) {
        found.push({ title: `${file} ${name?.getText() ?? ''}`.trim(), file, code });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** How many `@example` tags the library has, without looking at what stands in them. */
export function countTags(): number {
  return globSync(`${folders}/**/*.ts`, { cwd: root })
    .map((file) => readFileSync(root + file, 'utf8').split('* @example').length - 1)
    .reduce((sum, count) => sum + count, 0);
}

/** Checks all examples in one program, with the options of the project. */
export function compileExamples(examples: readonly DocExample[]): CompiledExample[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  // What an example only shows is not used.
  const settings = { ...options, noUnusedLocals: false, noEmit: true };

  const files = new Map<string, string>();
  const world = `${root}test/docs/exampleWorld.ts`;
  const modules = [...entries, ...packages];
  const all = `${root}test/docs/allEntries.ts`;
  files.set(all, modules.map((name) => `import ${JSON.stringify(name)};\n`).join(''));
  const host = inMemory(settings, files);
  const library = ts.createProgram([all, world], settings, host);
  const exportsOf = readExports(library, all, modules);
  const worldNames = worldNamesOf(library, world);

  const prepared = examples.map((example, index) => {
    const used = namesUsed(example.code);
    const origins = new Map<string, string>();
    const own = exportsOf.get(entryOf(example.file));
    const file = `../../${example.file}`;
    for (const name of used.keys()) {
      const origin = own?.has(name)
        ? entryOf(example.file)
        : worldNames.has(name)
          ? 'world'
          : (modules.find((module) => exportsOf.get(module)?.has(name)) ??
            (example.title.endsWith(` ${name}`) ? file : undefined));
      if (origin !== undefined) origins.set(name, origin);
    }
    const path = `${root}test/docs/example${index}.ts`;
    files.set(path, toModule(example.code, origins, used));
    return { example, origins, path };
  });

  const program = ts.createProgram(
    [all, world, ...prepared.map(({ path }) => path)],
    settings,
    host,
    library,
  );
  return prepared.map(({ example, origins, path }) => {
    const source = program.getSourceFile(path);
    return {
      ...example,
      origins,
      problems: [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
      ),
      script: toScript(example.code),
    };
  });
}

function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
}

/** A host that also has these files. */
function inMemory(options: ts.CompilerOptions, files: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const parsed = new Map<string, ts.SourceFile | undefined>();
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = files.get(path);
      if (!parsed.has(path)) {
        parsed.set(
          path,
          text === undefined
            ? host.getSourceFile(path, version)
            : ts.createSourceFile(path, text, version, true),
        );
      }
      return parsed.get(path);
    },
  };
}

/** The names that each module exports, types included. */
function readExports(
  program: ts.Program,
  file: string,
  modules: readonly string[],
): Map<string, ReadonlySet<string>> {
  const checker = program.getTypeChecker();
  const statements = program.getSourceFile(file)?.statements ?? [];
  return new Map(
    modules.map((module, index) => {
      const specifier = (statements[index] as ts.ImportDeclaration).moduleSpecifier;
      const symbol = checker.getSymbolAtLocation(specifier);
      if (!symbol) throw new Error(`${module} cannot be resolved`);
      return [module, new Set(checker.getExportsOfModule(symbol).map(({ name }) => name))];
    }),
  );
}

/** The names of the type `World`. */
function worldNamesOf(program: ts.Program, file: string): ReadonlySet<string> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  const world = symbol && checker.getExportsOfModule(symbol).find(({ name }) => name === 'World');
  if (!world) throw new Error('exampleWorld.ts has no type World');
  return new Set(checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(world)).map(({ name }) => name));
}

/** The entry that a file belongs to: the longest whose path its own begins with. */
function entryOf(file: string): string {
  const path = `rxllm/${file.replace(/^src\//, '').replace(/\.ts$/, '')}/`;
  return entries
    .filter((entry) => path.startsWith(`${entry}/`))
    .reduce((a, b) => (b.length > a.length ? b : a));
}

/** The names that the code uses and does not declare, and whether they are only types. */
function namesUsed(code: string): Map<string, 'type' | 'value'> {
  const declared = new Set<string>();
  const used = new Map<string, 'type' | 'value'>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isDeclared =
        (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
        parent.name === node;
      const isKey =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node);
      if (isDeclared) declared.add(node.text);
      else if (!isKey && used.get(node.text) !== 'value') {
        used.set(node.text, ts.isTypeReferenceNode(parent) ? 'type' : 'value');
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(parse('example.ts', code));
  for (const name of declared) used.delete(name);
  return used;
}

/** The example as a module: what it leaves out is imported. */
function toModule(
  code: string,
  origins: ReadonlyMap<string, string>,
  used: ReadonlyMap<string, 'type' | 'value'>,
): string {
  const imports = [...origins].map(([name, origin]) =>
    origin === 'world'
      ? `declare const ${name}: import('./exampleWorld.ts').World['${name}'];`
      : `import { ${used.get(name) === 'type' ? 'type ' : ''}${name} } from ${JSON.stringify(origin)};`,
  );
  return `${imports.join(' ')} export {};\nexport const example = async () => {\n${code}\n};\n`;
}

/**
 * The example as the body of a function: `outcome` is told what it has made, and `check` compares the value of a line
 * with that of the comment behind it.
 */
function toScript(code: string): string {
  const source = parse('example.ts', code);
  const declared = source.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => declarationList.declarations)
    .flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));

  const lines = source.statements.map((statement, index) => {
    const text = statement.getText();
    const isLast = index === source.statements.length - 1;
    if (ts.isReturnStatement(statement)) return `outcome(${statement.expression?.getText() ?? ''});`;
    if (!ts.isExpressionStatement(statement)) return text;
    const expression = statement.expression.getText();
    const [, value] =
      /^ *\/\/ (?:=> )?(['"[{\d].*|true|false|null)$/.exec(restOfLine(code, statement.end)) ?? [];
    if (value !== undefined) return `check(${expression}, (${value}));`;
    return isLast ? `outcome(${expression});` : text;
  });
  const body = `${lines.join('\n')}\noutcome(${declared.join(', ')});`;
  return ts
    .transpileModule(`async () => {${body}}`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    })
    .outputText.replace('"use strict";', '')
    .replace(/;\s*$/, '')
    .trim();
}

function restOfLine(code: string, from: number): string {
  return code.slice(from).split('\n', 1)[0] ?? '';
}
