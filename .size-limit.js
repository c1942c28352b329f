import * as operators from './dist/operators/index.js';

/** Operators that need more room than the others. */
const larger = {
  accumulateArguments: '5.2 kB',
  accumulateObject: '5.2 kB',
  drain: '2.7 kB',
  drainTo: '4 kB',
  elementsOf: '5.8 kB',
  executeTools: '3.6 kB',
  interruptOn: '2.1 kB',
  limitOutput: '3.2 kB',
  redact: '4 kB',
  retryStream: '3.1 kB',
  splitThinking: '3 kB',
  withTimeout: '2.1 kB',
};

/** Modules that are left out are what is wanted, and no warning. */
const modifyEsbuildConfig = (config) => ({ ...config, logLevel: 'error' });

/** What nearly every pipeline is made of, with the vocabulary. */
const core = `
  ProviderError, ResponseBuilder, addUsage, errorFromFacts, isRxllmError, toJsonSchema, validate,
  accumulateResponse, accumulateText, bufferChunks, collectResponse, errorsToChunks, executeTools,
  interruptOn, joinDeltas, ofType, retryBudget, retryStream, selectText, selectThinking,
  shareRun, splitDeltas, splitThinking, verifyGrammar, withTimeout`;

export default [
  {
    name: 'core',
    path: 'dist/index.js',
    import: `{ ${core} }`,
    limit: '14 kB',
    gzip: true,
    modifyEsbuildConfig,
  },
  {
    name: 'agents',
    path: 'dist/agents/index.js',
    import: '{ agent, collectRun, tool }',
    limit: '16 kB',
    gzip: true,
    modifyEsbuildConfig,
  },
  {
    name: 'web, a page',
    path: 'dist/web/index.js',
    import: '{ fromServerSentEvents }',
    limit: '9 kB',
    gzip: true,
    modifyEsbuildConfig,
  },
  ...Object.keys(operators).map((name) => ({
    name,
    path: 'dist/operators/index.js',
    import: `{ ${name} }`,
    gzip: true,
    modifyEsbuildConfig,
    limit: larger[name] ?? '2 kB',
  })),
];
