import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** entrypoints → components → engine/api; engine/<part> → another part's index only. Never back, never sideways. */
const restrict = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
const BROWSER = {
  regex: '^wxt|^webextension-polyfill',
  message: 'The engine knows no browser API: take it as a port.',
};
const UPWARDS = {
  regex: '(entrypoints|components)/',
  message: 'Imports go entrypoints → components → engine, never back.',
};
const SIDEWAYS = {
  regex: '^\\.\\./(?!capture/types|outbox/types|embed/worker|capture/page|capture/files)[a-z]+/.+',
  message: 'Import another part through its index.ts: its other files are its own affair.',
};

export default tseslint.config(
  { ignores: ['.output', '.wxt', '.cache', 'node_modules', 'models/**/*.json'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/unbound-method': 'off', // objects here are closures; none of their methods uses `this`
      '@typescript-eslint/no-redundant-type-constituents': 'off', // `'restart' | string` says more than `string`
      '@typescript-eslint/require-await': 'off', // an async method of a port may have nothing to wait for
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  { files: ['engine/*/**/*.ts'], rules: restrict([BROWSER, UPWARDS, SIDEWAYS]) },
  { files: ['engine/*.ts'], rules: restrict([BROWSER, UPWARDS]) },
  {
    files: ['components/**/*.{ts,tsx}'],
    rules: restrict([
      { regex: 'entrypoints/', message: 'Components are wired by entrypoints, not the other way round.' },
      {
        regex: 'engine/(?!api$|errors$|exporting$|capture/types$)',
        message: 'Components talk to the Engine API only.',
      },
      { regex: '^wxt', message: 'What belongs to the browser comes through the Shell port.' },
    ]),
  },
  { files: ['**/*.{js,mjs}'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.mjs', '*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
  },
);
