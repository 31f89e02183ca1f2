import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@rewardedit/graph';
import { writeSafetensors } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from './backends.ts';
import { CHECKS } from './kinds.ts';
import { findSets, readTensors, type ReferenceSet } from './reference-sets.ts';
import { formatOutcome, passed, summarize, toJson } from './report.ts';
import { runSet } from './run-set.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FIXTURES = join(ROOT, 'fixtures', 'reference');
/** An optional folder next to the repository with larger reference sets. */
const LARGER_SETS = join(ROOT, '..', 'shared', 'fixtures', 'reference');
const LARGER_KINDS = ['smartedit-conditioning', 'smartedit-step', 'smartedit-pipeline'];

let folder: string;
let backend: Backend;
let sets: ReferenceSet[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parity-'));
  backend = await openBackend('onnx');
  sets = await findSets(FIXTURES);
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

function setOf(kind: string): ReferenceSet {
  return sets.find((set) => set.kind === kind)!;
}

describe('every reference set of the repository is within tolerance', () => {
  it.each([
    'reward-unet-tiny',
    'reward-unet-fullwidth',
    'clip-text-tiny',
    'adamw',
    'smartedit-qformer',
    'smartedit-qformer-odd',
    'smartedit-bim',
    'smartedit-bim-odd',
    'smartedit-bim-shrinking',
  ])('%s', async (name) => {
    const [set] = await findSets(join(FIXTURES, name));
    const outcome = await runSet(set, backend, CHECKS[set.kind]);
    expect(formatOutcome(outcome, { verbose: false })).not.toMatch(/OVER|FAILED|SKIPPED/);
    expect(passed(outcome)).toBe(true);
  });
});

const hasLarger = existsSync(LARGER_SETS);
if (!hasLarger) process.stderr.write(`SKIPPED: larger reference sets (not found: ${LARGER_SETS})\n`);

describe.skipIf(!hasLarger)('larger sets are within tolerance', () => {
  it.each(LARGER_KINDS)('%s', async (kind) => {
    const [set] = await findSets(join(LARGER_SETS, kind));
    const outcome = await runSet(set, backend, CHECKS[kind]);
    expect(formatOutcome(outcome, { verbose: false })).not.toMatch(/OVER|FAILED|SKIPPED/);
  });
});

describe('a set with wrong values', () => {
  it('fails and names the tensor', async () => {
    const copy = join(folder, 'changed');
    await cp(setOf('reward-unet').folder, copy, { recursive: true });
    const file = join(copy, 'gradients.safetensors');
    const { values, shapes } = await readTensors(file);
    const name = 'ca.output.dense.weight';
    const changed = Float32Array.from(values[name]);
    changed[7] += 2e-4 * Math.max(...changed.map(Math.abs)) + 1e-6;
    const tensors = Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, { shape }]));
    await rm(file);
    await writeSafetensors(file, tensors, (key) => (key === name ? changed : values[key]));

    const [set] = await findSets(copy);
    const outcome = await runSet(set, backend, CHECKS[set.kind]);
    expect(passed(outcome)).toBe(false);
    expect(formatOutcome(outcome, { verbose: false })).toMatch(/gradients .*OVER +ca\.output\.dense\.weight/);
    expect(toJson('onnx', [outcome], { verbose: false })).toMatchObject({ passed: false });
  });

  it('fails if it is damaged, without an exception', async () => {
    const broken: ReferenceSet = { folder: join(folder, 'absent'), kind: 'clip-text', facts: {} };
    const outcome = await runSet(broken, backend, CHECKS['clip-text']);
    expect(passed(outcome)).toBe(false);
    expect(formatOutcome(outcome, { verbose: false })).toContain('FAILED');
  });
});

describe('a set of an unknown kind', () => {
  it('is reported as skipped', async () => {
    const place = join(folder, 'unknown', 'deep');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'reference.json'), '{"kind": "hologram"}');
    const [set] = await findSets(join(folder, 'unknown'));
    const outcome = await runSet(set, backend, CHECKS[set.kind]);
    expect(passed(outcome)).toBe(true);
    expect(formatOutcome(outcome, { verbose: false })).toContain('SKIPPED');
    expect(summarize('onnx', [outcome])).toBe('onnx: 0 of 0 sets within tolerance; 1 SKIPPED (hologram)\n');
  });
});

describe('findSets', () => {
  it('rejects a folder without sets, and a set without a kind', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(findSets(empty)).rejects.toMatchObject({ code: 'bad-input', where: empty });
    await expect(findSets(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'bad-input' });
    await writeFile(join(empty, 'reference.json'), '{}');
    await expect(findSets(empty)).rejects.toThrow('does not name its kind');
  });
});

describe('openBackend', () => {
  it('rejects an unknown backend', async () => {
    await expect(openBackend('abacus')).rejects.toMatchObject({ code: 'usage' });
  });
});
