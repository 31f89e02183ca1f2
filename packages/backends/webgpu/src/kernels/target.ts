import type { Element, Elements } from '../codegen/element.ts';
import type { Index } from '../codegen/index-expression.ts';
import type { Stored } from '../codegen/stored.ts';

/**
 * Where a kernel stores its result, and the epilogue: bias, activation and residual are computed while the
 * result is in registers.
 */
export interface Target {
  readonly tensor: Stored;
  /** The index in the tensor of an element of the kernel's own result. */
  indexOf(index: readonly Index[]): readonly Index[];
  /** The value to store, from the kernel's result. */
  value(make: Elements, index: readonly Index[], result: Element): Element;
}

/** Stores a kernel's result without an epilogue. */
export function unchanged(tensor: Stored): Target {
  return { tensor, indexOf: (index) => index, value: (_make, _index, result) => result };
}
