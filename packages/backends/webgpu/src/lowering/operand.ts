import type { Tensor } from '@rewardedit/graph';
import type { Element, Elements } from '../codegen/element.ts';
import { open, type Condition, type Index } from '../codegen/index-expression.ts';
import type { ContractionOperand } from '../kernels/contraction/contraction.ts';
import type { Sources } from './lowering.ts';

/**
 * An element where the conditions hold, and zero elsewhere, for expressions that are not zero for zero
 * operands.
 */
export function masked(make: Elements, element: Element, conditions: readonly Condition[]): Element {
  if (element.kind === 'read' && element.source.kind === 'load') return element;
  if (open(conditions).length === 0) return element;
  const mask = make.read({ kind: 'condition', conditions }, 2);
  return make.apply('select', mask, element, make.number(0, element.type));
}

/** Maps a position in a contraction to an index of a tensor and the conditions under which it exists. */
type Locate = (
  batch: readonly Index[],
  outer: readonly Index[],
  inner: readonly Index[],
) => { readonly index: readonly Index[]; readonly inside?: readonly Condition[] };

/** A tensor as one side of a contraction. */
export function operand(tensor: Tensor, { element }: Sources, locate: Locate): ContractionOperand {
  return {
    dtype: tensor.dtype,
    element: (make, batch, outer, inner, further = []) => {
      const { index, inside = [] } = locate(batch, outer, inner);
      const all = [...inside, ...further];
      return masked(make, element(make, tensor, index, all), all);
    },
  };
}
