import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from './safetensors.ts';

/** A folder of `fixtures/reference`: tensors computed by the original PyTorch implementations. */
export function referenceSet(name: string): string {
  return join(import.meta.dirname, '..', '..', '..', 'fixtures', 'reference', name);
}

export function readJsonFile(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every tensor of a file, integers included, as numbers. */
export async function readTensors(path: string): Promise<Record<string, Float32Array | Int32Array>> {
  const file = await openSafetensors(path);
  try {
    const tensors: Record<string, Float32Array | Int32Array> = {};
    for (const [name, { dtype }] of file.tensors) {
      tensors[name] = await (dtype === 'I32' ? file.int32(name) : file.float32(name));
    }
    return tensors;
  } finally {
    await file.close();
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    // NaN compares false: it must not pass for zero.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
