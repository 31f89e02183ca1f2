import { node, type Op, type Tensor } from '../tensor.ts';

/**
 * The identity on x, ordered after another tensor. Recomputation rests on it: it keeps a backend from
 * computing a value early and from merging it with the value computed before.
 */
export const afterOp: Op<null> = {
  name: 'after',
  shape: ([x]) => x,
  dtype: ([x]) => x,
  gradient: (dy) => [dy, undefined],
  evaluate: ([x]) => x.slice(),
};

/** Returns x, computed only after `dependency`. */
export function after(x: Tensor, dependency: Tensor): Tensor {
  return node(afterOp, [x, dependency], null);
}
