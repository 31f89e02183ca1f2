import { expFloat32 } from './exp-float32.ts';

const { cos, fround, log, sin } = Math;

export type ScoreEmbeddingOptions = {
  /** Puts the cosines before the sines (default), or after them. */
  readonly flipSinToCos?: boolean;
  readonly freqShift?: number;
  readonly maxPeriod?: number;
};

/** Returns the frequencies of `scoreEmbedding`, one per pair of cosine and sine. */
export function sinusoidFrequencies(
  width: number,
  { freqShift = 0, maxPeriod = 10_000 }: Omit<ScoreEmbeddingOptions, 'flipSinToCos'> = {},
): Float32Array {
  const half = Math.floor(width / 2);
  const slope = fround(-log(maxPeriod));
  return Float32Array.from({ length: half }, (_, i) =>
    expFloat32(fround(fround(slope * i) / fround(half - freqShift))),
  );
}

/**
 * Returns the sinusoids of scores or timesteps, [scores.length, width] flat (diffusers' `Timesteps`). The half = width / 2 frequencies are
 * exp(-ln(maxPeriod) i / (half - freqShift)); an odd width ends with a zero.
 *
 * Every intermediate result is rounded to float32, as in PyTorch. In double precision the frequencies would differ in their last bits, which a
 * timestep of 1000 amplifies to 3e-5. The remaining difference is the last bit of sine and cosine (6e-8).
 */
export function scoreEmbedding(
  scores: ArrayLike<number>,
  width = 256,
  { flipSinToCos = true, freqShift = 0, maxPeriod = 10_000 }: ScoreEmbeddingOptions = {},
): Float32Array {
  const half = Math.floor(width / 2);
  const frequencies = sinusoidFrequencies(width, { freqShift, maxPeriod });
  const [cosines, sines] = flipSinToCos ? [0, half] : [half, 0];
  const embedding = new Float32Array(scores.length * width);
  for (let n = 0; n < scores.length; n++) {
    const score = fround(scores[n]);
    for (let i = 0; i < half; i++) {
      const phase = fround(score * frequencies[i]);
      embedding[n * width + cosines + i] = cos(phase);
      embedding[n * width + sines + i] = sin(phase);
    }
  }
  return embedding;
}
