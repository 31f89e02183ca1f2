import { broadcastPositions, broadcastShapes } from '../broadcast.ts';
import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { formatShape, sameShape, sizeOf } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import {
  ATTENTION_OPERANDS,
  attentionGradient,
  scoreGradient,
  type AttentionGradientAttributes,
} from './attention-gradient.ts';
import { attentionWeights } from './attention-weights.ts';
import { matmul } from './matmul.ts';
import { sumTo } from './reduction.ts';
import { softmaxOp } from './softmax.ts';

export interface AttentionAttributes {
  /** Factor of the scores, usually 1 / sqrt(head size). */
  readonly scale: number;
}

/**
 * Scaled dot-product attention of q [..., N, D], k [..., M, D], v [..., M, E] and an optional mask that
 * broadcasts to [..., N, M].
 */
export const attentionOp: Op<AttentionAttributes> = {
  name: 'attention',
  shape: (inputs, _, reject) => {
    const [q, k, v, mask] = inputs;
    if (inputs.length < 3 || inputs.length > 4)
      return reject('needs queries, keys, values and optionally a mask');
    if ([q, k, v].some((shape) => shape.length < 2))
      return reject('queries, keys and values need at least two axes');
    const front = [q, k, v].map((shape) => shape.slice(0, -2));
    if (!front.every((axes) => sameShape(axes, front[0]))) return reject('the leading axes must be equal');
    if (q.at(-1) !== k.at(-1)) return reject('queries and keys must have the same width');
    if (k.at(-2) !== v.at(-2)) return reject('the numbers of keys and values must be equal');
    const scores = [...q.slice(0, -1), k[k.length - 2]];
    const masked = mask ? broadcastShapes(scores, mask) : scores;
    if (!masked || !sameShape(masked, scores))
      return reject(`the mask does not broadcast to ${formatShape(scores)}`);
    return [...q.slice(0, -1), v[v.length - 1]];
  },
  dtype: oneType(FLOAT_TYPES),
  gradient: (dy, inputs, { scale }, y) => {
    const [q, k, v, mask] = inputs;
    const of = (operand: AttentionGradientAttributes['of']) =>
      attentionGradient([dy, y, ...inputs], { scale, of: operand });
    const dMask = () => sumTo(scoreGradient(attentionWeights(q, k, mask, scale), dy, y, v), mask.shape);
    return [...ATTENTION_OPERANDS.map(of), ...(mask ? [dMask()] : [])];
  },
  decompose: ([q, k, v, mask], { scale }) => matmul(attentionWeights(q, k, mask, scale), v),
  evaluate: (inputs, { scale }, { inputs: shapes, output }) => {
    const [q, k, v, mask] = inputs;
    const [n, d] = shapes[0].slice(-2);
    const [m, e] = shapes[2].slice(-2);
    const scoreShape = [...shapes[0].slice(0, -1), m];
    const y = new Float64Array(sizeOf(output));
    const inMask = mask && broadcastPositions(shapes[3], scoreShape);
    for (let row = 0; row < y.length / e; row++) {
      const block = Math.floor(row / n);
      const scores = Float64Array.from({ length: m }, (_, key) => {
        let total = 0;
        for (let i = 0; i < d; i++) total += q[row * d + i] * k[(block * m + key) * d + i];
        return total * scale + (inMask ? mask[inMask[row * m + key]] : 0);
      });
      const weights = softmaxOp.evaluate([scores], null, { inputs: [[m]], output: [m] });
      for (let i = 0; i < e; i++) {
        for (let key = 0; key < m; key++) y[row * e + i] += weights[key] * v[(block * m + key) * e + i];
      }
    }
    return y;
  },
};

/**
 * Scaled dot-product attention of q [..., N, D], k [..., M, D] and v [..., M, E]: [..., N, E]. The mask is
 * added to the scores.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { scale, mask }: { scale: number; mask?: Tensor },
): Tensor {
  return node(attentionOp, mask ? [q, k, v, mask] : [q, k, v], { scale });
}
