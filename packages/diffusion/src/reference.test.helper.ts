import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '@rewardedit/models';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Tensors that diffusers' schedulers computed. */
export const SCHEDULERS = join(ROOT, 'fixtures', 'reference', 'schedulers');
/** A folder beside the repository with larger reference sets, whole pipelines among them; not everybody has it. */
export const LARGER_SETS = join(ROOT, '..', 'shared', 'fixtures', 'reference');

const runsSchema = z.object({
  runs: z.record(
    z.string(),
    z.object({
      class: z.string(),
      config: z.record(z.string(), z.unknown()),
      step_arguments: z.object({ eta: z.number().default(0) }),
      steps: z.number(),
    }),
  ),
});

/** Class, configuration and steps of every run in the set `schedulers`. */
export function referenceRuns(): z.output<typeof runsSchema>['runs'] {
  return runsSchema.parse(readJson(join(SCHEDULERS, 'reference.json'))).runs;
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every tensor of a file as float32, and the parts of one along its first dimension. */
export async function readTensors(path: string) {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, Float32Array[]>();
    for (const [name, { dtype, shape }] of file.tensors) {
      const values = dtype === 'I32' ? Float32Array.from(await file.int32(name)) : await file.float32(name);
      const length = values.length / shape[0];
      tensors.set(
        name,
        Array.from({ length: shape[0] }, (_, i) => values.subarray(i * length, (i + 1) * length)),
      );
    }
    return {
      has: (name: string) => tensors.has(name),
      parts: (name: string) => tensors.get(name) ?? fail(`${path} has no ${name}`),
      all: (name: string) => join32(tensors.get(name) ?? fail(`${path} has no ${name}`)),
    };
  } finally {
    await file.close();
  }
}

function fail(message: string): never {
  throw new Error(message);
}

export function join32(parts: readonly ArrayLike<number>[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

/** The largest difference as a share of the reference's largest value. */
export function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) throw new Error(`${found.length} values against ${expected.length}`);
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    const distance = Math.abs(found[i] - expected[i]);
    // NaN compares false: it must not pass for zero.
    if (!(distance <= difference)) difference = distance;
  }
  return difference / largest;
}
