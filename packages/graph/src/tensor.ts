import { DTypeError, type DType } from './dtype.ts';
import { formatShape, sameShape, type Shape } from './shape.ts';

/**
 * A node of the static graph: what is to be computed, not a value. Building one computes nothing but its
 * shape. Pictures and feature maps are NCHW.
 */
export interface Tensor<Attributes = unknown, D extends DType = DType> {
  /** Larger than the ids of all its inputs, so that sorting by id is a topological order. */
  readonly id: number;
  readonly op: Op<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: D;
}

/** Whether two tensors have the same shape and element type. */
export function alike(a: Pick<Tensor, 'shape' | 'dtype'>, b: Pick<Tensor, 'shape' | 'dtype'>): boolean {
  return sameShape(a.shape, b.shape) && a.dtype === b.dtype;
}

/** Shape and element type, as people write them: `2x3 f32`. */
export function describe({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): string {
  return `${formatShape(shape)} ${dtype}`;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The same names, with another tensor made from each. */
export function mapTensors(
  tensors: NamedTensors,
  change: (tensor: Tensor, name: string) => Tensor,
): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}

/** Everything the project knows about one operation, its faces side by side. */
export interface Op<Attributes = unknown> {
  readonly name: string;

  /** The output's shape; calls `reject` with what is wrong where the inputs do not fit. */
  shape(inputs: readonly Shape[], attributes: Attributes, reject: (reason: string) => never): Shape;

  /** The output's element type; calls `reject` with what is wrong where the op does not take those of the inputs. */
  dtype(inputs: readonly DType[], attributes: Attributes, reject: (reason: string) => never): DType;

  /**
   * The derivative: given the gradient of the loss for the output, that for each input, in the input's shape and
   * element type and written in graph ops so that every backend has it. `undefined` for an input through which no gradient
   * flows.
   */
  gradient(
    outputGradient: Tensor,
    inputs: readonly Tensor[],
    attributes: Attributes,
    output: Tensor,
  ): readonly (Tensor | undefined)[];

  /**
   * The value in float64 by plain loops, the judge of every backend. Arrays are contiguous, in the order of
   * their shapes.
   */
  evaluate(
    inputs: readonly Float64Array[],
    attributes: Attributes,
    shapes: { readonly inputs: readonly Shape[]; readonly output: Shape },
  ): Float64Array;

  /** The same value from simpler ops, for backends without a kernel of their own for it. */
  decompose?(inputs: readonly Tensor[], attributes: Attributes): Tensor;
}

/** A graph that cannot be built: names the op and the shapes it was given. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly op: string;
  readonly shapes: readonly Shape[];

  constructor(op: string, shapes: readonly Shape[], reason: string) {
    super(`${op}(${shapes.map(formatShape).join(', ')}): ${reason}`);
    this.op = op;
    this.shapes = shapes;
  }
}

let nextId = 0;

/** The id that the next node will get: what is built from here on has this id or a larger one. */
export function upcomingId(): number {
  return nextId;
}

/**
 * Adds a node to the graph.
 * @throws ShapeError where the inputs' shapes do not fit the op, DTypeError where their element types do not.
 */
export function node<Attributes>(
  op: Op<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor<Attributes> {
  const shapes = inputs.map((input) => input.shape);
  const shape = op.shape(shapes, attributes, (reason) => {
    throw new ShapeError(op.name, shapes, reason);
  });
  const dtypes = inputs.map((input) => input.dtype);
  const dtype = op.dtype(dtypes, attributes, (reason) => {
    throw new DTypeError(op.name, dtypes, reason);
  });
  return { id: nextId++, op, inputs, attributes, shape, dtype };
}

/**
 * All nodes that the given ones are computed from, themselves included, each after its inputs.
 *
 * @param since only those with this id or a larger one; older ones have only older inputs, and are not walked through.
 */
export function topologicalOrder(roots: Iterable<Tensor>, since = 0): Tensor[] {
  const found = new Set<Tensor>();
  const pending = [...roots];
  for (let tensor = pending.pop(); tensor; tensor = pending.pop()) {
    if (tensor.id < since || found.has(tensor)) continue;
    found.add(tensor);
    pending.push(...tensor.inputs);
  }
  return [...found].toSorted((a, b) => a.id - b.id);
}
