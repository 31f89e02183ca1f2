import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { expect, it } from 'vitest';
import { runAutoencoder } from './autoencoder.ts';
import { compareAll } from './comparison.ts';
import { readTensors } from './reference-sets.ts';

const TAEF2 = join(import.meta.dirname, '..', '..', '..', 'shared', 'weights', 'taef2');
const isThere = existsSync(TAEF2);
if (!isThere) process.stderr.write(`SKIPPED: TAEF2 against its own code (not found: ${TAEF2})\n`);

it.skipIf(!isThere)('the published TAEF2 encodes and decodes a photo like its own code', async () => {
  const { values, shapes } = await readTensors(join(TAEF2, 'reference.safetensors'));
  const { image, ...expected } = values;
  // Pictures in the file are between 0 and 1. The values of the first one are in pixel order, whatever its
  // shape says: only then do the published weights give its latents, and a picture that looks like it.
  const toSigned = (pixels: ArrayLike<number>) => Float32Array.from(pixels, (value) => 2 * value - 1);
  const backend = await createOnnxBackend();
  try {
    const given = { values: { image: byChannel(toSigned(image)) }, shapes };
    const { found } = await runAutoencoder(TAEF2, backend, given, []);
    const wanted = { ...expected, 'decode.image': toSigned(expected['decode.image']) };
    const group = compareAll('taef2', found, wanted, { absolute: 1e-4, relative: 0 });
    expect(group.differences.filter(({ within }) => !within)).toEqual([]);
    expect(group.differences).toHaveLength(2);
  } finally {
    await backend.dispose();
  }
});

/** Converts pixel order to channel order. */
function byChannel(values: Float32Array): Float32Array {
  const area = values.length / 3;
  return values.map((_, i) => values[(i % area) * 3 + Math.floor(i / area)]);
}
