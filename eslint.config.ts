import eslint from '@eslint/js';
import rxjsX from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  // What has a package.json of its own is checked there.
  globalIgnores([
    ...['dist/', 'coverage/', 'reports/', 'docs/.vitepress/', 'docs/api/'],
    ...['bench/', 'examples/angular/', 'test/consumers/projects/'],
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      rxjsX.configs.strict,
    ],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'rxjs-x/no-ignored-subscription': ['error', { completers: [] }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: [
      '{src,operators,models,agents,web,integrations,testing}/**/*.ts',
      'test/template/{operators,providers,web}/**/*.ts',
    ],
    ignores: [
      'testing/recordFetch.ts',
      'testing/replayFetch.ts',
      'testing/fetchRecording.ts',
      'testing/secrets.ts',
    ],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'queueMicrotask', 'performance'].map((name) => ({
          name,
          message: 'All time is RxJS time.',
        })),
        ...['process', 'Buffer'].map((name) => ({ name, message: 'This code also runs in browsers.' })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'All time is RxJS time.' },
      ],
    },
  },
  {
    // A program, unlike a library, subscribes for good and awaits what must come.
    files: ['examples/**/*.ts'],
    rules: {
      'rxjs-x/no-ignored-subscription': 'off',
      'rxjs-x/no-implicit-any-catch': 'off',
      'rxjs-x/no-ignored-default-value': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'rxjs-x/no-ignored-error': 'off',
      'rxjs-x/no-implicit-any-catch': 'off',
      'rxjs-x/no-ignored-default-value': 'off',
      'rxjs-x/no-ignored-subscription': 'off',
    },
  },
);
