import type { Load } from '../../codegen/element.ts';
import type { Index } from '../../codegen/index-expression.ts';

/**
 * A sum of products, the shape that matrix products, convolutions and both of their gradients have in common:
 *
 *     result[batch, row, column] = sum over inner of left[batch, row, inner] * right[batch, column, inner]
 *
 * Each of the four stands for several axes; where an operand's element lies is the caller's to say, so that a
 * convolution is this with rows of output pixels and inner axes of kernel positions and channels (implicit GEMM).
 */
export interface Contraction {
  readonly label: string;
  /** Sizes of the axes; of columns and of the sum, there is at least one. */
  readonly batch: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly inner: readonly number[];
  left(batch: readonly Index[], row: readonly Index[], inner: readonly Index[]): Load;
  right(batch: readonly Index[], column: readonly Index[], inner: readonly Index[]): Load;
  /** The index of an element in the result. */
  resultIndex(batch: readonly Index[], row: readonly Index[], column: readonly Index[]): readonly Index[];
}
