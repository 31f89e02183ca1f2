import { defineConfig } from 'vitest/config';

// Run from the root for everything, or from one package for its own tests.
export default defineConfig({
  test: {
    include: ['**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // ONNX Runtime's native code and worker threads want a process of their own.
    pool: 'forks',
    // Commands write to the real stdout, which their tests read.
    disableConsoleIntercept: true,
  },
});
