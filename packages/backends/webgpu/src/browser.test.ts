import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const PACKAGES = join(import.meta.dirname, '../../..');

/** The sources of packages that browser.ts and the graph import by name. */
const SOURCES: Readonly<Record<string, string>> = {
  '@rewardedit/core/errors': join(PACKAGES, 'core/src/errors.ts'),
  '@rewardedit/graph': join(PACKAGES, 'graph/src/index.ts'),
};

/**
 * Returns all modules that one imports, directly or indirectly; names without a source file are returned as
 * they are.
 */
function importsOf(entry: string): Set<string> {
  const found = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    if (!path.endsWith('.ts')) continue;
    const text = readFileSync(path, 'utf8').replace(/^(import|export) type .*?;$/gms, '');
    for (const [, fixed, late] of text.matchAll(
      /^(?:import|export)\b[^;]*?from '([^']+)';$|import\('([^']+)'\)/gms,
    )) {
      const name = fixed ?? late;
      pending.push(name.startsWith('.') ? join(dirname(path), name) : (SOURCES[name] ?? name));
    }
  }
  return found;
}

test('browser code imports neither Node modules nor packages', () => {
  const names = [...importsOf(join(import.meta.dirname, 'browser.ts'))];
  expect(names.length).toBeGreaterThan(60);
  expect(names).toContain(join(PACKAGES, 'graph/src/gradients.ts'));
  expect(names.filter((name) => !name.endsWith('.ts'))).toEqual([]);
});

test('detects imports of Node modules', () => {
  const names = [...importsOf(join(import.meta.dirname, 'dawn.ts'))];
  expect(names.filter((name) => isBuiltin(name))).toContain('node:fs');
});
