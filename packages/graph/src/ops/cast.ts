import type { DType } from '../dtype.ts';
import { node, type Op, type Tensor } from '../tensor.ts';

export interface CastAttributes {
  readonly dtype: DType;
}

/** The same values in another element type. */
export const castOp: Op<CastAttributes> = {
  name: 'cast',
  shape: ([x]) => x,
  dtype: (_, { dtype }) => dtype,
  // Integers have no derivative, as input or output.
  gradient: (dy, [x], { dtype }) => [x.dtype === 'i32' || dtype === 'i32' ? undefined : cast(dy, x.dtype)],
  // The float64 evaluation represents both float types; only the conversion to integers changes a value.
  evaluate: ([x], { dtype }) => (dtype === 'i32' ? x.map(Math.trunc) : x.slice()),
};

export function cast<D extends DType>(x: Tensor, dtype: D): Tensor<unknown, D> {
  return (x.dtype === dtype ? x : node(castOp, [x], { dtype })) as Tensor<unknown, D>;
}
