import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Run from the root for everything, or from one package for its own tests.
export default defineConfig({
  test: {
    include: ['**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // For what hangs only: on a busy machine everything takes several times as long as it should.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // ONNX Runtime's native code and worker threads want a process of their own.
    pool: 'forks',
    // One for each core, and never fewer than two: many tests wait for a process, a clock or a terminal.
    maxWorkers: Math.max(2, availableParallelism()),
    // Commands write to the real stdout, which their tests read.
    disableConsoleIntercept: true,
  },
});
