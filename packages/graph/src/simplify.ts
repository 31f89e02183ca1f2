import { DTypeError, type DTypes } from './dtype.ts';
import { isElementwise } from './fused/elementwise-ops.ts';
import { constant, constantOp, type ConstantLeaf } from './ops/leaf.ts';
import type { Program } from './program.ts';
import { sameShape, sizeOf } from './shape.ts';
import { mapTensors, node, topologicalOrder, type Tensor } from './tensor.ts';

/** Larger constants are not folded: they would take more memory than their computation is worth. */
const LARGEST_FOLDED = 4096;

/**
 * Simplifies a program: eliminates common subexpressions, folds constants, and drops factors of one. Names,
 * shapes and the order of the remaining nodes stay the same.
 *
 * Regions that the backward pass recomputes (`recompute`) survive: their nodes depend on an `after`.
 */
export function simplify<Inputs extends DTypes, Outputs extends DTypes>(
  program: Program<Inputs, Outputs>,
): Program<Inputs, Outputs> {
  const simpler = new Map<Tensor, Tensor>();
  const numbered = new Map<string, Tensor>();
  const ids = new Map<object, number>();
  const idOf = (thing: object) => ids.get(thing) ?? ids.set(thing, ids.size).get(thing)!;

  /** A key that is equal for nodes of equal value. */
  function keyOf({ op, inputs, attributes, shape, dtype }: Tensor): string {
    const known = op.name === constantOp.name ? constantKey(attributes as ConstantLeaf) : attributes;
    return JSON.stringify([op.name, inputs.map(idOf), known, shape, dtype]);
  }

  /** Large arrays are equal only if they are the same array. */
  function constantKey({ values }: ConstantLeaf): unknown {
    if (typeof values === 'number') return Object.is(values, -0) ? '-0' : String(values);
    return values.length <= LARGEST_FOLDED ? Array.from(values, String) : idOf(values);
  }

  const results = [...Object.values<Tensor>(program.outputs), ...Object.values(program.updates)];
  for (const tensor of topologicalOrder(results)) {
    const inputs = tensor.inputs.map((input) => simpler.get(input)!);
    // Rebuild every node, so that none moves ahead of another.
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
    // The element types are unchanged.
    outputs: mapTensors(program.outputs, replaced) as Program<Inputs, Outputs>['outputs'],
    updates: mapTensors(program.updates, replaced),
  };
}

function valuesOf(tensor: Tensor): ConstantLeaf['values'] | undefined {
  return tensor.op.name === constantOp.name ? (tensor.attributes as ConstantLeaf).values : undefined;
}

/** The single value of a constant whose elements are all equal. */
function filling(tensor: Tensor): number | undefined {
  const values = valuesOf(tensor);
  return typeof values === 'number' ? values : undefined;
}

/** Folds a node whose inputs are constants. */
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

/** Undefined if the element type cannot represent the constant, which is then left to the backend. */
function held(make: () => Tensor): Tensor | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

/** The operand that a node returns unchanged. Not for adding zero, which turns -0 into 0. */
function unchanged({ op, inputs, shape }: Tensor): Tensor | undefined {
  const [a, b] = inputs;
  const kept = (x: Tensor) => (sameShape(x.shape, shape) ? x : undefined);
  if (op.name === 'mul') return filling(b) === 1 ? kept(a) : filling(a) === 1 ? kept(b) : undefined;
  if (op.name === 'div') return filling(b) === 1 ? kept(a) : undefined;
  if (op.name === 'sub') return Object.is(filling(b), 0) ? kept(a) : undefined;
  return undefined;
}

/** Counts the nodes that use each tensor, plus one if it is a result. */
export function useCounts(results: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const counts = new Map<Tensor, number>();
  const count = (tensor: Tensor) => counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  for (const tensor of topologicalOrder(results)) tensor.inputs.forEach(count);
  results.forEach(count);
  return counts;
}
