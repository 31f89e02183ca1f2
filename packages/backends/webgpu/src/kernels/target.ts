import type { Element, Elements } from '../codegen/element.ts';
import type { Index } from '../codegen/index-expression.ts';
import type { Stored } from '../codegen/stored.ts';

/**
 * Where the result of a kernel goes, and what becomes of it on the way: a bias, an activation and a residual that
 * follow are computed while the result is at hand.
 */
export interface Target {
  readonly tensor: Stored;
  /** Where an element of the kernel's own result comes to lie in the tensor. */
  indexOf(index: readonly Index[]): readonly Index[];
  /** What is stored there, from the result. */
  value(make: Elements, index: readonly Index[], result: Element): Element;
}

/** A kernel's result as it is, in a tensor. */
export function unchanged(tensor: Stored): Target {
  return { tensor, indexOf: (index) => index, value: (_make, _index, result) => result };
}
