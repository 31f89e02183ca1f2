import { fromFloat16 } from './float16.ts';
import { inputOp, isNamedLeaf, stateOp, type NamedLeaf } from './ops/leaf.ts';
import type { Program } from './program.ts';
import { sizeOf } from './shape.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';

/**
 * Values of inputs or state entries by name: numbers, or for an f16 leaf a Uint16Array with their bits, as
 * backends take them.
 */
export type Values = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Evaluates tensors in float64 from the values of their inputs and state. For small graphs: plain loops, and
 * every value is kept.
 */
export function evaluateTensors(
  tensors: readonly Tensor[],
  { inputs = {}, state = {} }: { inputs?: Values; state?: Values },
): Float64Array[] {
  const known = new Map<Tensor, Float64Array>();
  for (const tensor of topologicalOrder(tensors)) known.set(tensor, valueOf(tensor));
  return tensors.map((tensor) => known.get(tensor)!);

  function valueOf(tensor: Tensor): Float64Array {
    if (isNamedLeaf(tensor, inputOp)) return given(tensor, inputs);
    if (isNamedLeaf(tensor, stateOp)) return given(tensor, state);
    const shapes = { inputs: tensor.inputs.map((input) => input.shape), output: tensor.shape };
    const operands = tensor.inputs.map((input) => known.get(input)!);
    return tensor.op.evaluate(operands, tensor.attributes, shapes);
  }
}

/** The value given for a leaf. */
function given({ op, shape, dtype, attributes: { name } }: Tensor<NamedLeaf>, values: Values): Float64Array {
  const value = values[name];
  if (!value) throw new Error(`evaluate: missing the value of the ${op.name} "${name}".`);
  if (value.length !== sizeOf(shape)) {
    throw new Error(`evaluate: the ${op.name} "${name}" needs ${sizeOf(shape)} values, not ${value.length}.`);
  }
  return Float64Array.from(dtype === 'f16' && value instanceof Uint16Array ? fromFloat16(value) : value);
}

/**
 * Runs a program in float64 and returns its outputs and the state after the run. The reference for backends,
 * at small shapes; not meant for real work.
 */
export function evaluate(
  program: Program,
  values: { inputs?: Values; state?: Values },
): { outputs: Record<string, Float64Array>; state: Record<string, Float64Array> } {
  const { outputs, updates } = program;
  const results = evaluateTensors([...Object.values(outputs), ...Object.values(updates)], values);
  const newValues = results.splice(Object.keys(outputs).length);
  const before = Object.entries(values.state ?? {}).map(([name, value]) => [name, Float64Array.from(value)]);
  return {
    outputs: zip(Object.keys(outputs), results),
    state: { ...Object.fromEntries(before), ...zip(Object.keys(updates), newValues) },
  };
}

function zip<Value>(names: readonly string[], values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
