import { node, type Op, type Tensor } from '../tensor.ts';

/**
 * x itself, but not before another tensor is known. It keeps a backend from computing something early, and
 * from taking it for the same thing computed before: what recomputation rests on.
 */
export const afterOp: Op<null> = {
  name: 'after',
  shape: ([x]) => x,
  dtype: ([x]) => x,
  gradient: (dy) => [dy, undefined],
  evaluate: ([x]) => x.slice(),
};

/** x, to be computed only once `dependency` is known. */
export function after(x: Tensor, dependency: Tensor): Tensor {
  return node(afterOp, [x, dependency], null);
}
