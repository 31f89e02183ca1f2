import type { DType } from '@rewardedit/graph';
import type { Element, Elements } from '../../codegen/element.ts';
import type { Condition, Index } from '../../codegen/index-expression.ts';

/** One side of a contraction. */
export interface ContractionOperand {
  readonly dtype: DType;
  /**
   * An element: read from memory, or computed from what is; zero where a condition does not hold.
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
 * A sum of products, the shape that matrix products, convolutions and both of their gradients have in common:
 *
 *     result[batch, row, column] = sum over inner of left[batch, row, inner] * right[batch, column, inner]
 *
 * Each of the four stands for several axes; what an operand's element is, and where that lies, is the caller's to say, so that a
 * convolution is this with rows of output pixels and inner axes of kernel positions and channels (implicit GEMM), and a
 * normalization in front of it may be computed as the element is read.
 */
export interface Contraction {
  readonly label: string;
  /** Sizes of the axes; of columns and of the sum, there is at least one. */
  readonly batch: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly inner: readonly number[];
  readonly left: ContractionOperand;
  readonly right: ContractionOperand;
  /** The index of an element in the result. */
  resultIndex(batch: readonly Index[], row: readonly Index[], column: readonly Index[]): readonly Index[];
}
