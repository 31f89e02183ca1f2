import { broadcastPositions, broadcastShapes } from '../broadcast.ts';
import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { formatShape, sameShape, sizeOf } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';
import { add, mul, sub } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { sum, sumTo } from './reduction.ts';
import { inSinglePrecision, widened } from './single-precision.ts';

/** exp(x) / sum(exp(x)) along the last axis. */
export const softmaxOp: Op<null> = {
  name: 'softmax',
  shape: ([x], _, reject) => (x.length > 0 ? x : reject('needs at least one axis')),
  dtype: oneType(FLOAT_TYPES),
  gradient: inSinglePrecision((dy, _, __, y) => [softmaxGradient(dy, y)]),
  evaluate: ([x], _, { output }) => {
    const width = output[output.length - 1];
    const y = x.slice();
    for (let start = 0; start < y.length; start += width) {
      const row = y.subarray(start, start + width);
      const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
      for (let i = 0; i < width; i++) row[i] = Math.exp(row[i] - largest);
      const total = row.reduce((a, b) => a + b, 0);
      for (let i = 0; i < width; i++) row[i] /= total;
    }
    return y;
  },
};

/** The gradient of softmax for its input, from its output's gradient and its output. */
function softmaxGradient(dy: Tensor, y: Tensor): Tensor {
  return mul(y, sub(dy, sum(mul(dy, y), [-1])));
}

export interface AttentionAttributes {
  /** Factor of the scores; 1 / sqrt(head size) for the usual attention. */
  readonly scale: number;
}

/** softmax(scale q k^T + mask): how much each query looks at each key. */
function attentionWeights([q, k, , mask]: readonly Tensor[], scale: number): Tensor {
  // The queries are scaled, not the scores: these are more, and without their factor f16 may not hold them.
  const scores = matmul(mul(q, scale), k, { transposeB: true });
  return softmax(mask ? add(scores, mask) : scores);
}

/**
 * Scaled dot-product attention of q [..., N, D], k [..., M, D], v [..., M, E] and, if given, a mask that
 * broadcasts to [..., N, M].
 */
export const attentionOp: Op<AttentionAttributes> = {
  name: 'attention',
  shape: (inputs, _, reject) => {
    const [q, k, v, mask] = inputs;
    if (inputs.length < 3 || inputs.length > 4)
      return reject('takes queries, keys, values and at most a mask');
    if ([q, k, v].some((shape) => shape.length < 2))
      return reject('queries, keys and values need at least two axes');
    const front = [q, k, v].map((shape) => shape.slice(0, -2));
    if (!front.every((axes) => sameShape(axes, front[0])))
      return reject('the axes in front of the last two must be the same');
    if (q.at(-1) !== k.at(-1)) return reject('queries and keys must have the same width');
    if (k.at(-2) !== v.at(-2)) return reject('there must be as many keys as values');
    const scores = [...q.slice(0, -1), k[k.length - 2]];
    const masked = mask ? broadcastShapes(scores, mask) : scores;
    if (!masked || !sameShape(masked, scores))
      return reject(`the mask does not broadcast to ${formatShape(scores)}`);
    return [...q.slice(0, -1), v[v.length - 1]];
  },
  dtype: oneType(FLOAT_TYPES),
  // The weights are built here once more; a backend that computed them forward recognises the same
  // expression.
  gradient: (dy, inputs, { scale }, y) => {
    const [q, k, v, mask] = inputs;
    const weights = attentionWeights(inputs, scale);
    const dWeights = matmul(dy, v, { transposeB: true });
    // The row sums of dWeights * weights, without the large product: they equal those of dy * y.
    const along = sum(mul(widened(dy), widened(y)), [-1]);
    const dScores = cast(mul(widened(weights), sub(widened(dWeights), along)), q.dtype);
    const scaled = mul(dScores, scale);
    return [
      matmul(scaled, k),
      matmul(scaled, q, { transposeA: true }),
      matmul(weights, dy, { transposeA: true }),
      ...(mask ? [sumTo(dScores, mask.shape)] : []),
    ];
  },
  decompose: (inputs, { scale }) => matmul(attentionWeights(inputs, scale), inputs[2]),
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

export function softmax(x: Tensor): Tensor {
  return node(softmaxOp, [x], null);
}

/**
 * Scaled dot-product attention: q [..., N, D], k [..., M, D], v [..., M, E] give [..., N, E]. The mask is
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
