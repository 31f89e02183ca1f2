import { DTypeError, isHeldBy, type DType } from '../dtype.ts';
import { sizeOf, type Shape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';

export interface NamedLeaf {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface ConstantLeaf {
  readonly shape: Shape;
  readonly dtype: DType;
  /** All elements, or the single value of every element. */
  readonly values: Float32Array | Int32Array | number;
}

const leaf = {
  shape: (_: readonly Shape[], attributes: { readonly shape: Shape }) => attributes.shape,
  dtype: (_: readonly DType[], attributes: { readonly dtype: DType }) => attributes.dtype,
  gradient: () => [],
};

function neverEvaluated(): never {
  throw new Error('Inputs and state entries have no value until evaluate() is given one.');
}

/** A value passed to every run. */
export const inputOp: Op<NamedLeaf> = { ...leaf, name: 'input', evaluate: neverEvaluated };

/** A value that the backend keeps between runs: a weight, a moment, a moving average. */
export const stateOp: Op<NamedLeaf> = { ...leaf, name: 'state', evaluate: neverEvaluated };

/** A value that is part of the program. */
export const constantOp: Op<ConstantLeaf> = {
  ...leaf,
  name: 'constant',
  evaluate: (_, { shape, values }) =>
    typeof values === 'number' ? new Float64Array(sizeOf(shape)).fill(values) : Float64Array.from(values),
};

/** Declares a value that every run passes under this name. */
export function input<D extends DType = 'f32'>(
  name: string,
  shape: Shape,
  dtype: D = 'f32' as D,
): Tensor<NamedLeaf, D> {
  return node(inputOp, [], { name, shape, dtype }) as Tensor<NamedLeaf, D>;
}

/**
 * Declares a value that the backend keeps under this name. Declarations of the same name are the same value.
 */
export function state<D extends DType = 'f32'>(
  name: string,
  shape: Shape,
  dtype: D = 'f32' as D,
): Tensor<NamedLeaf, D> {
  return node(stateOp, [], { name, shape, dtype }) as Tensor<NamedLeaf, D>;
}

/**
 * A fixed value: the same number for every element, or all elements.
 *
 * @throws DTypeError if the element type cannot represent a number: it would become infinite, zero or another
 * integer.
 */
export function constant<D extends DType = 'f32'>(
  values: ConstantLeaf['values'],
  shape: Shape = [],
  dtype: D = 'f32' as D,
): Tensor<unknown, D> {
  if (typeof values !== 'number' && values.length !== sizeOf(shape)) {
    throw new RangeError(
      `A constant of shape [${shape.join(', ')}] needs ${sizeOf(shape)} values, not ${values.length}.`,
    );
  }
  const numbers = typeof values === 'number' ? [values] : values;
  const strange = numbers.find((value) => !isHeldBy(dtype, value));
  if (strange !== undefined)
    throw new DTypeError('constant', [dtype], `${dtype} cannot represent ${strange}`);
  return node(constantOp, [], { values, shape, dtype }) as Tensor<ConstantLeaf, D>;
}

/** Whether a node is a named leaf of this kind. */
export function isNamedLeaf(tensor: Tensor, op: Op<NamedLeaf>): tensor is Tensor<NamedLeaf> {
  return tensor.op.name === op.name;
}
