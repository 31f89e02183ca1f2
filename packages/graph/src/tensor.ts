import { DTypeError, type DType } from './dtype.ts';
import { formatShape, sameShape, type Shape } from './shape.ts';

/**
 * A node of the static graph: a computation, not a value. Building one only computes its shape and element
 * type. Pictures and feature maps are NCHW.
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

/** Formats shape and element type for messages: `2x3 f32`. */
export function describe({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): string {
  return `${formatShape(shape)} ${dtype}`;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Maps tensors by name to others of the same names. */
export function mapTensors(
  tensors: NamedTensors,
  change: (tensor: Tensor, name: string) => Tensor,
): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}

/** The full definition of an operation. */
export interface Op<Attributes = unknown> {
  readonly name: string;

  /** The shape rule: returns the output's shape, or calls `reject` with the reason. */
  shape(inputs: readonly Shape[], attributes: Attributes, reject: (reason: string) => never): Shape;

  /** The type rule: returns the output's element type, or calls `reject` with the reason. */
  dtype(inputs: readonly DType[], attributes: Attributes, reject: (reason: string) => never): DType;

  /**
   * The gradient rule: from the gradient of the output, returns that of each input, in the input's shape and
   * element type, built from graph ops so that every backend supports it. `undefined` for an input through
   * which no gradient flows.
   */
  gradient(
    outputGradient: Tensor,
    inputs: readonly Tensor[],
    attributes: Attributes,
    output: Tensor,
  ): readonly (Tensor | undefined)[];

  /**
   * Evaluates the op in float64 by plain loops, the reference for every backend. Arrays are contiguous and
   * row-major.
   */
  evaluate(
    inputs: readonly Float64Array[],
    attributes: Attributes,
    shapes: { readonly inputs: readonly Shape[]; readonly output: Shape },
  ): Float64Array;

  /** Builds the same value from simpler ops, for backends without a kernel for this one. */
  decompose?(inputs: readonly Tensor[], attributes: Attributes): Tensor;
}

/** Thrown for a graph that cannot be built: names the op and its operands' shapes. */
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

/** Returns the id of the next node; nodes built from now on have this id or a larger one. */
export function upcomingId(): number {
  return nextId;
}

/**
 * Adds a node to the graph.
 *
 * @throws ShapeError if the inputs' shapes do not fit the op, DTypeError if their element types do not.
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
 * Returns all nodes that the given ones depend on, and the given ones, each after its inputs.
 *
 * @param since only returns nodes with this id or a larger one; older nodes are not walked, because their
 * inputs are older still.
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
