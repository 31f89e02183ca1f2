import type { DType } from '@rewardedit/graph';
import type { Element, Elements } from '../../codegen/element.ts';
import type { Condition, Index } from '../../codegen/index-expression.ts';

/** One side of a contraction. */
export interface ContractionOperand {
  readonly dtype: DType;
  /**
   * An element as an expression: a load, or computed from loads; zero if a condition fails.
   *
   * @param outer its index along the axes of rows, or of columns.
   */
  element(
    make: Elements,
    batch: readonly Index[],
    outer: readonly Index[],
    inner: readonly Index[],
    inside?: readonly Condition[],
  ): Element;
}

/**
 * A sum of products, the common form of matrix products, convolutions and both their gradients:
 *
 *     result[batch, row, column] = sum over inner of left[batch, row, inner] * right[batch, column, inner]
 *
 * Each of the four indices stands for several axes. The caller provides the elements of both operands as load
 * expressions, so that a convolution is a contraction whose rows are output pixels and whose inner axes are
 * kernel positions and channels (implicit GEMM), and a preceding normalization can be computed as the element
 * is loaded.
 */
export interface Contraction {
  readonly label: string;
  /** Sizes of the axes; columns and inner have at least one axis. */
  readonly batch: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly inner: readonly number[];
  readonly left: ContractionOperand;
  readonly right: ContractionOperand;
  /** The index of an element in the result. */
  resultIndex(batch: readonly Index[], row: readonly Index[], column: readonly Index[]): readonly Index[];
}
