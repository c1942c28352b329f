import { Application, Converter, ReflectionKind } from 'typedoc';
import { MarkdownPageEvent } from 'typedoc-plugin-markdown';
import { entries } from './.vitepress/entries.ts';

/**
 * Modules are called as they are imported, and a `{@link}` finds what another entry exports.
 *
 * @param {import('typedoc').Application} app
 */
function byImport({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = module.name === 'src' ? 'rxllm' : `rxllm/${module.name}`;
    }
    // What the code takes apart at once is called as its type is.
    for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (parameter.name === '__namedParameters') parameter.name = 'options';
    }
  });
  converter.addUnknownSymbolResolver(({ symbolReference }, reflection) => {
    const names = symbolReference?.path?.map(({ path }) => path) ?? [];
    const [target] = (reflection.project.children ?? [])
      .flatMap((module) => module.getChildByName(names) ?? [])
      .filter((found) => !found.isReference());
    // What a link leads to may be a reflection, although the type of a resolver knows only addresses.
    return target && /** @type {{ target: any }} */ ({ target });
  });
}

/**
 * Every exported function is documented. That kind of `requiredToBeDocumented` asks it of each method, too, also of
 * those that are another library's and are only named here.
 *
 * @param {import('typedoc').Application} app
 */
function documentedFunctions(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    const functions = (project.children ?? []).flatMap(({ children = [] }) => children);
    for (const { signatures, name } of functions) {
      if (signatures?.some((signature) => !signature.hasComment())) {
        app.logger.validationWarning(`${name} has no documentation`);
      }
    }
  });
}

/**
 * A property without a default has an empty cell, and type parameters of which nothing is said have no table: the
 * signature tells them.
 *
 * @param {import('typedoc').Application} app
 */
function leaner(app) {
  const renderer = /** @type {import('typedoc-plugin-markdown').MarkdownRenderer} */ (
    /** @type {unknown} */ (app.renderer)
  );
  renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = page.contents
      ?.replaceAll(/(?<!\\)\| `undefined` /g, '| ')
      .replaceAll(/#+ Type Parameters\n\n\| Type Parameter \|(?!.*Description)(?:.*\|\n)+\n?/g, '');
  });
}

/** @type {Partial<import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions>} */
export default {
  // `rxllm` hands the operators on; they are described at home.
  entryPoints: entries.toSorted(
    (one, other) => Number(other.includes('/operators/')) - Number(one.includes('/operators/')),
  ),
  tsconfig: '../tsconfig.json',
  // `npm run typecheck` checks the sources.
  skipErrorChecking: true,
  plugin: ['typedoc-plugin-markdown', byImport, documentedFunctions, leaner],
  out: 'api',
  readme: 'none',
  disableSources: true,
  excludeExternals: true,
  externalPattern: ['**/node_modules/**'],
  sort: ['alphabetical'],
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables', '*'],

  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  // What they stand for is said where they are used.
  intentionallyNotExported: [
    'SessionEvent',
    'DraftOf',
    'Loosened',
    'TextUnit',
    'ChatErrorBody',
    'ChatFinishReason',
    'WorkOutcome',
    'ItemJob',
    'MissingPackageDetails',
    'DetailsArgument',
  ],
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    notDocumented: true,
  },
  requiredToBeDocumented: ['Variable', 'Class', 'Interface', 'TypeAlias', 'Enum', 'Accessor'],

  router: 'module',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  useCustomAnchors: true,
  useHTMLEncodedBrackets: true,
  expandParameters: true,
  indexFormat: 'table',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  tableColumnSettings: {
    hideSources: true,
    hideInherited: true,
    hideModifiers: true,
    leftAlignHeaders: true,
  },
  pageTitleTemplates: { index: 'API', module: '{rawName}' },
};
