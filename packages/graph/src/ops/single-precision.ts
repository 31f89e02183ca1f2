import { type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';

/** x in f32 where it is f16. */
export function widened(x: Tensor): Tensor {
  return x.dtype === 'f16' ? cast(x, 'f32') : x;
}

/**
 * A gradient rule that is carried out in f32 for an op in f16: where it sums what cancels, f16 would keep little of the
 * result.
 */
export function inSinglePrecision<Attributes>(rule: Op<Attributes>['gradient']): Op<Attributes>['gradient'] {
  return (dy, inputs, attributes, output) =>
    rule(widened(dy), inputs.map(widened), attributes, widened(output)).map(
      (gradient, i) => gradient && cast(gradient, inputs[i].dtype),
    );
}
