import { broadcastPositions } from '../broadcast.ts';
import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { gradientsWhereReached } from '../gradients.ts';
import { sameShape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { attentionWeights } from './attention-weights.ts';
import { cast } from './cast.ts';
import { mul, sub } from './elementwise.ts';
import { input } from './leaf.ts';
import { matmul } from './matmul.ts';
import { sum } from './reduction.ts';
import { widened } from './single-precision.ts';

/** The operand that a gradient of attention is for. */
export const ATTENTION_OPERANDS = ['query', 'key', 'value'] as const;

export interface AttentionGradientAttributes {
  /** The scale of the attention. */
  readonly scale: number;
  readonly of: (typeof ATTENTION_OPERANDS)[number];
}

/**
 * The gradient of attention with respect to its queries, keys or values, from the gradient of its result dy
 * [..., N, E], the result y, q, k, v and the optional mask. A separate op, so that a backend can recompute
 * the attention weights instead of storing them (Dao et al., arXiv 2205.14135, appendix B.4); other backends
 * decompose it and share the weights with the forward pass.
 */
export const attentionGradientOp: Op<AttentionGradientAttributes> = {
  name: 'attentionGradient',
  shape: ([dy, y, q, k, v], { of }, reject) => {
    if (!sameShape(dy, y)) return reject('the gradient must have the shape of the result');
    return { query: q, key: k, value: v }[of];
  },
  dtype: oneType(FLOAT_TYPES),
  gradient: (d, inputs, attributes) => {
    // Differentiate the decomposition with leaves in place of the operands, which may depend on one another.
    const leaves = inputs.map(({ shape, dtype }, i) => input(`attention gradient ${i}`, shape, dtype));
    const given = input('attention gradient d', d.shape, d.dtype);
    const parts = attentionGradientOp.decompose!(leaves, attributes);
    const found = gradientsWhereReached(sum(mul(widened(parts), widened(given))), leaves);
    const operands = new Map([...leaves.map((leaf, i) => [leaf, inputs[i]] as const), [given, d]]);
    return found.map((each) => each && put(each, operands));
  },
  decompose: ([dy, y, q, k, v, mask], { scale, of }) => {
    const weights = attentionWeights(q, k, mask, scale);
    if (of === 'value') return matmul(weights, dy, { transposeA: true });
    const scaled = mul(scoreGradient(weights, dy, y, v), scale);
    return of === 'query' ? matmul(scaled, k) : matmul(scaled, q, { transposeA: true });
  },
  evaluate: ([dy, y, q, k, v, mask], { scale, of }, { inputs: shapes, output }) => {
    const [n, e] = shapes[0].slice(-2);
    const [m, d] = shapes[3].slice(-2);
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    const dot = (a: Float64Array, i: number, b: Float64Array, j: number, width: number) => {
      let total = 0;
      for (let c = 0; c < width; c++) total += a[i * width + c] * b[j * width + c];
      return total;
    };
    const inMask = mask && broadcastPositions(shapes[5], [...shapes[0].slice(0, -1), m]);
    for (let row = 0; row < dy.length / e; row++) {
      const block = Math.floor(row / n) * m;
      const scores = Array.from(
        { length: m },
        (_, key) => scale * dot(q, row, k, block + key, d) + (inMask ? mask[inMask[row * m + key]] : 0),
      );
      const largest = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - largest));
      const total = exponentials.reduce((a, b) => a + b);
      const along = dot(dy, row, y, row, e);
      exponentials.forEach((exponential, key) => {
        const weight = exponential / total;
        const slope = scale * weight * (dot(dy, row, v, block + key, e) - along);
        if (of === 'query')
          for (let c = 0; c < d; c++) result[row * d + c] += slope * k[(block + key) * d + c];
        if (of === 'key') for (let c = 0; c < d; c++) result[(block + key) * d + c] += slope * q[row * d + c];
        if (of === 'value')
          for (let c = 0; c < e; c++) result[(block + key) * e + c] += weight * dy[row * e + c];
      });
    }
    return result;
  },
};

/**
 * Returns the gradient with respect to the attention scores [..., N, M], from which that of a mask follows.
 */
export function scoreGradient(weights: Tensor, dy: Tensor, y: Tensor, v: Tensor): Tensor {
  const dWeights = matmul(dy, v, { transposeB: true });
  // The row sums of dWeights * weights, computed as those of dy * y to avoid the large product.
  const along = sum(mul(widened(dy), widened(y)), [-1]);
  return cast(mul(widened(weights), sub(widened(dWeights), along)), v.dtype);
}

/** Rebuilds a graph with other tensors in place of its leaves. */
function put(tensor: Tensor, operands: ReadonlyMap<Tensor, Tensor>): Tensor {
  const known = new Map(operands);
  const visit = (each: Tensor): Tensor => {
    const found = known.get(each);
    if (found) return found;
    const made = each.inputs.length === 0 ? each : node(each.op, each.inputs.map(visit), each.attributes);
    known.set(each, made);
    return made;
  };
  return visit(tensor);
}

export function attentionGradient(
  operands: readonly Tensor[],
  attributes: AttentionGradientAttributes,
): Tensor {
  return node(attentionGradientOp, operands, attributes);
}
