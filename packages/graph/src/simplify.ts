import { DTypeError, type DTypes } from './dtype.ts';
import { isElementwise } from './fused/elementwise-ops.ts';
import { constant, constantOp, type ConstantLeaf } from './ops/leaf.ts';
import type { Program } from './program.ts';
import { sameShape, sizeOf } from './shape.ts';
import { mapTensors, node, topologicalOrder, type Tensor } from './tensor.ts';

/** Constants of more elements than this are not made of others: it would take room for what is computed quickly. */
const LARGEST_FOLDED = 4096;

/**
 * The same program with less to compute: what is computed twice is computed once, what follows from constants is a
 * constant, and what a factor of one leaves as it is, is left. Names, shapes and the order of what remains stay.
 *
 * What is to be computed again in the backward pass (`recompute`) still is: it comes after something else.
 */
export function simplify<Inputs extends DTypes, Outputs extends DTypes>(
  program: Program<Inputs, Outputs>,
): Program<Inputs, Outputs> {
  const simpler = new Map<Tensor, Tensor>();
  const numbered = new Map<string, Tensor>();
  const ids = new Map<object, number>();
  const idOf = (thing: object) => ids.get(thing) ?? ids.set(thing, ids.size).get(thing)!;

  /** Equal for nodes that have the same value. */
  function keyOf({ op, inputs, attributes, shape, dtype }: Tensor): string {
    const known = op.name === constantOp.name ? constantKey(attributes as ConstantLeaf) : attributes;
    return JSON.stringify([op.name, inputs.map(idOf), known, shape, dtype]);
  }

  /** Large arrays are the same only where they are one array. */
  function constantKey({ values }: ConstantLeaf): unknown {
    if (typeof values === 'number') return Object.is(values, -0) ? '-0' : String(values);
    return values.length <= LARGEST_FOLDED ? Array.from(values, String) : idOf(values);
  }

  const results = [...Object.values<Tensor>(program.outputs), ...Object.values(program.updates)];
  for (const tensor of topologicalOrder(results)) {
    const inputs = tensor.inputs.map((input) => simpler.get(input)!);
    // All nodes are built again, so that none moves in front of another.
    const again = inputs.length === 0 ? tensor : node(tensor.op, inputs, tensor.attributes);
    const made = folded(again) ?? unchanged(again) ?? again;
    const key = keyOf(made);
    const first = numbered.get(key) ?? made;
    numbered.set(key, first);
    simpler.set(tensor, first);
  }
  const replaced = (tensor: Tensor) => simpler.get(tensor)!;
  return {
    ...program,
    // Of the same element types.
    outputs: mapTensors(program.outputs, replaced) as Program<Inputs, Outputs>['outputs'],
    updates: mapTensors(program.updates, replaced),
  };
}

function valuesOf(tensor: Tensor): ConstantLeaf['values'] | undefined {
  return tensor.op.name === constantOp.name ? (tensor.attributes as ConstantLeaf).values : undefined;
}

/** The number that all elements of a constant are, if they are one. */
function filling(tensor: Tensor): number | undefined {
  const values = valuesOf(tensor);
  return typeof values === 'number' ? values : undefined;
}

/** The constant that a node of constants is. */
function folded(tensor: Tensor): Tensor | undefined {
  const { op, inputs, attributes, shape, dtype } = tensor;
  if (inputs.length === 0 || inputs.some((input) => valuesOf(input) === undefined)) return undefined;
  const fillings = inputs.flatMap((input) => filling(input) ?? []);
  const isSame = op.name === 'reshape' || op.name === 'broadcastTo';
  if (fillings.length === inputs.length && (isSame || isElementwise(op.name))) {
    const single = { inputs: inputs.map(() => []), output: [] };
    const operands = fillings.map((value) => Float64Array.of(value));
    const [value] = isSame ? fillings : op.evaluate(operands, attributes, single);
    return held(() => constant(value, shape, dtype));
  }
  if (Math.max(sizeOf(shape), ...inputs.map((input) => sizeOf(input.shape))) > LARGEST_FOLDED)
    return undefined;
  const operands = inputs.map((input) => {
    const values = valuesOf(input)!;
    return typeof values === 'number'
      ? new Float64Array(sizeOf(input.shape)).fill(values)
      : Float64Array.from(values);
  });
  const value = op.evaluate(operands, attributes, {
    inputs: inputs.map((input) => input.shape),
    output: shape,
  });
  const typed = dtype === 'i32' ? Int32Array.from(value) : Float32Array.from(value);
  return held(() => constant(typed, shape, dtype));
}

/** Nothing where the element type does not hold the constant: then it is left to the backend. */
function held(make: () => Tensor): Tensor | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

/** The operand that a node leaves as it is. Zero added is not among it: it makes -0 to 0. */
function unchanged({ op, inputs, shape }: Tensor): Tensor | undefined {
  const [a, b] = inputs;
  const kept = (x: Tensor) => (sameShape(x.shape, shape) ? x : undefined);
  if (op.name === 'mul') return filling(b) === 1 ? kept(a) : filling(a) === 1 ? kept(b) : undefined;
  if (op.name === 'div') return filling(b) === 1 ? kept(a) : undefined;
  if (op.name === 'sub') return Object.is(filling(b), 0) ? kept(a) : undefined;
  return undefined;
}

/** How many nodes use each tensor; a result counts as one use more. */
export function useCounts(results: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const counts = new Map<Tensor, number>();
  const count = (tensor: Tensor) => counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  for (const tensor of topologicalOrder(results)) tensor.inputs.forEach(count);
  results.forEach(count);
  return counts;
}
