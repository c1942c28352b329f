import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    expect: { requireAssertions: true },
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    coverage: {
      provider: 'v8',
      include: ['{src,operators,providers,models}/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 95 },
    },
  },
});
