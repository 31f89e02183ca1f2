import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scoreEmbedding } from './score-embedding.ts';

const REFERENCE = new URL('../../../fixtures/reference/reward-unet-tiny/', import.meta.url);

/** The last bit of a float32 number between 0.5 and 1. */
const LAST_BIT = 2 ** -24;

/** The bytes of one tensor of a safetensors file. */
function readTensor(file: string, name: string): ArrayBuffer {
  const bytes = readFileSync(new URL(file, REFERENCE));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [start, end] = header[name].data_offsets.map((offset) => 8 + headerBytes + offset);
  return Uint8Array.from(bytes.subarray(start, end)).buffer;
}

function largestDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
}

describe('scoreEmbedding', () => {
  it('equals PyTorch for the scores of the reference network, up to the last bit', () => {
    const scores = new Float32Array(readTensor('inputs.safetensors', 'reward_scores'));
    const expected = new Float32Array(readTensor('activations.safetensors', 'add_time_proj'));
    expect(largestDifference(scoreEmbedding(scores), expected)).toBeLessThanOrEqual(LAST_BIT);
  });

  it('equals PyTorch for large timesteps, up to the last bit', () => {
    const timesteps = new Int32Array(readTensor('inputs.safetensors', 'timestep'));
    const expected = new Float32Array(readTensor('activations.safetensors', 'time_proj'));
    expect(largestDifference(scoreEmbedding(timesteps, 64), expected)).toBeLessThanOrEqual(LAST_BIT);
  });

  it('follows the formula with other settings', () => {
    const options = { flipSinToCos: false, freqShift: 1, maxPeriod: 100 };
    const embedding = scoreEmbedding([0, 3], 5, options);
    // Two frequencies: 100^0 and 100^-1.
    const expected = [0, 0, 1, 1, 0, Math.sin(3), Math.sin(0.03), Math.cos(3), Math.cos(0.03), 0];
    expect([...embedding]).toHaveLength(expected.length);
    expected.forEach((value, i) => expect(embedding[i]).toBeCloseTo(value, 6));
  });
});
