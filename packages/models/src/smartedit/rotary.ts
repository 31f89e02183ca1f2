import { add, concat, constant, mul, neg, reshape, split, type Tensor } from '@rewardedit/graph';

/** Cosines and sines of rotary position embeddings, [1, positions, 1, size], identical in both halves of a head. */
export interface RotaryTables {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/**
 * Returns the tables of LLaMA's rotary position embeddings (Su et al., arXiv 2104.09864). Channel i of a half rotates by position /
 * theta^(2 i / size), which transformers computes in float32.
 */
export function rotaryTables(
  positions: number,
  size: number,
  theta: number,
  dtype: 'f32' | 'f16',
): RotaryTables {
  const half = size / 2;
  const angles = Float32Array.from({ length: positions * size }, (_, i) => {
    const frequency = Math.fround(1 / theta ** ((2 * (i % half)) / size));
    return Math.floor(i / size) * frequency;
  });
  const table = (of: (angle: number) => number) => constant(angles.map(of), [1, positions, 1, size], dtype);
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}

/** Rotates queries or keys [B, N, C] by their positions: in each head, channels of the first half pair with those of the second. */
export function rotated(x: Tensor, { cosines, sines }: RotaryTables, heads: number): Tensor {
  const [batch, tokens, channels] = x.shape;
  const apart = reshape(x, [batch, tokens, heads, channels / heads]);
  const [first, second] = split(apart, 2, 3);
  const turned = add(mul(apart, cosines), mul(concat([neg(second), first], 3), sines));
  return reshape(turned, x.shape);
}
