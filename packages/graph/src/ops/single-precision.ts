import { type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';

/** Casts f16 to f32. */
export function widened(x: Tensor): Tensor {
  return x.dtype === 'f16' ? cast(x, 'f32') : x;
}

/**
 * Wraps a gradient rule so that an f16 op is differentiated in f32: where terms cancel, f16 would lose most
 * of the result.
 */
export function inSinglePrecision<Attributes>(rule: Op<Attributes>['gradient']): Op<Attributes>['gradient'] {
  return (dy, inputs, attributes, output) =>
    rule(widened(dy), inputs.map(widened), attributes, widened(output)).map(
      (gradient, i) => gradient && cast(gradient, inputs[i].dtype),
    );
}
