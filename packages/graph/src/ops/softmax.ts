import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { mul, sub } from './elementwise.ts';
import { sum } from './reduction.ts';
import { inSinglePrecision } from './single-precision.ts';

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

/** The gradient of softmax with respect to its input, from the gradient of its output and the output. */
function softmaxGradient(dy: Tensor, y: Tensor): Tensor {
  return mul(y, sub(dy, sum(mul(dy, y), [-1])));
}

export function softmax(x: Tensor): Tensor {
  return node(softmaxOp, [x], null);
}
