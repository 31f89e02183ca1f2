import { expFloat32 } from './exp-float32.ts';

const { cos, fround, log, sin } = Math;

export type ScoreEmbeddingOptions = {
  /** The cosines in front of the sines (default), or behind them. */
  readonly flipSinToCos?: boolean;
  readonly freqShift?: number;
  readonly maxPeriod?: number;
};

/** The frequencies of sinusoids of some width, one for each pair of cosine and sine, rounded as there. */
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
 * Sinusoids of scores or timesteps, shape [scores.length, width] flat (the `Timesteps` layer of diffusers). The half
 * `width / 2` frequencies are exp(-ln(maxPeriod) i / (half - freqShift)); an odd width ends with a zero.
 *
 * Every step is rounded to float32, because PyTorch computes each of them so: in double precision a frequency differs in
 * its last bits, and a timestep of 1000 makes 3e-5 of them. What remains is the last bit of sine and cosine (6e-8).
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
