import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'reference');

/** Runs the program itself. Node 22 needs the flag to run TypeScript. */
function parity(...options: string[]) {
  const program = join(import.meta.dirname, 'main.ts');
  const flags = ['--experimental-strip-types', '--no-warnings'];
  return spawnSync(process.execPath, [...flags, program, ...options], { encoding: 'utf8' });
}

describe('npm run parity', () => {
  it('prints one JSON document, and exits with 0 if all is within tolerance', () => {
    const { status, stdout } = parity(
      '--fixtures',
      join(FIXTURES, 'clip-text-tiny'),
      '--backend',
      'onnx',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      backend: 'onnx:cpu',
      passed: true,
      sets: [{ kind: 'clip-text' }],
    });
    expect(status).toBe(0);
  });

  it.each([
    ['an unknown option', ['--frob'], 2, "Unknown option '--frob'"],
    ['an unknown backend', ['--backend', 'abacus', '--fixtures', FIXTURES], 2, 'unknown backend "abacus"'],
    ['a missing folder', ['--fixtures', join(FIXTURES, 'none')], 3, 'cannot be read'],
  ])('explains %s', (_, options, code, message) => {
    const { status, stdout, stderr } = parity(...options);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(code);
  });
});
