import { fileURLToPath } from 'node:url';
import type { Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { madePhoto } from '../made-photo.test.helper.ts';
import { cosineSimilarity, directionalSimilarity, openImageEncoder, openTextEncoder } from './features.ts';

// Small networks of random weights with the inputs and outputs of CLIP and DINO (fixtures/metrics/README.md). The expected
// values are from Python: PIL's and NumPy's preprocessing, as torchvision's Resize, CenterCrop and Normalize do it, and ONNX
// Runtime.
const TOLERANCE = 5e-5;

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../fixtures/metrics/${name}.onnx`, import.meta.url));

function topLeft({ width, data }: Picture, columns: number, rows: number): Picture {
  const part = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < rows; y++)
    part.set(data.subarray(y * width * 3, (y * width + columns) * 3), y * columns * 3);
  return { width: columns, height: rows, data: part };
}

const pictures = [
  madePhoto(0, 300),
  topLeft(madePhoto(1, 300), 300, 200),
  topLeft(madePhoto(2, 130), 97, 130),
] as const;

async function encodeAll(name: 'clip' | 'dino', file: string): Promise<Float32Array[]> {
  const encoder = await openImageEncoder(fixture(file), name);
  try {
    return await Promise.all(pictures.map((picture) => encoder.encode(picture)));
  } finally {
    await encoder.dispose();
  }
}

const expectNear = (value: number, expected: number) =>
  expect(Math.abs(value - expected)).toBeLessThan(TOLERANCE);

describe('image and text encoders equal their Python originals', () => {
  it('CLIP', async () => {
    const [first, second, third] = await encodeAll('clip', 'clip-image');
    expectNear(cosineSimilarity(first, first), 1);
    expectNear(cosineSimilarity(first, second), 0.8502399921417236);
    expectNear(cosineSimilarity(first, third), -0.7634541988372803);
    const encoder = await openTextEncoder(fixture('clip-text'));
    const from = await encoder.encode(Int32Array.of(1, 5, 9, 2));
    const to = await encoder.encode(Int32Array.of(1, 7, 33, 40, 2));
    await encoder.dispose();
    expect(cosineSimilarity(from, to)).toBeCloseTo(0.34398946166038513, 5);
    expectNear(cosineSimilarity(first, from), -0.1125212237238884);
    expectNear(directionalSimilarity({ from: first, to: second }, { from, to }), 0.2775983512401581);
    expect(directionalSimilarity({ from: first, to: first }, { from, to })).toBeNaN();
  });

  it('DINO, by its class token', async () => {
    const [first, second, third] = await encodeAll('dino', 'dino');
    expectNear(cosineSimilarity(first, second), 0.4308443069458008);
    expectNear(cosineSimilarity(first, third), -0.08104807138442993);
  });

  it('say what a model lacks', async () => {
    await expect(openImageEncoder(fixture('clip-text'), 'clip')).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the model has the inputs input_ids, but none called pixel_values',
      where: fixture('clip-text'),
    });
    await expect(openTextEncoder(fixture('missing'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
