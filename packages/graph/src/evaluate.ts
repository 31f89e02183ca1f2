import { inputOp, stateOp, type NamedLeaf } from './ops/leaf.ts';
import type { Program } from './program.ts';
import { sizeOf } from './shape.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';

/** Values by name, of inputs or of state. */
export type Values = Readonly<Record<string, ArrayLike<number>>>;

/** The values of some tensors in float64, from those of their inputs and state. For small graphs: plain loops, every value kept. */
export function evaluateTensors(
  tensors: readonly Tensor[],
  values: { inputs?: Values; state?: Values },
): Float64Array[] {
  const known = new Map<Tensor, Float64Array>();
  for (const tensor of topologicalOrder(tensors)) {
    const leaf = leafValues(tensor, values);
    known.set(
      tensor,
      leaf ??
        tensor.op.evaluate(
          tensor.inputs.map((input) => known.get(input)!),
          tensor.attributes,
          { inputs: tensor.inputs.map((input) => input.shape), output: tensor.shape },
        ),
    );
  }
  return tensors.map((tensor) => known.get(tensor)!);
}

function leafValues(tensor: Tensor, values: { inputs?: Values; state?: Values }): Float64Array | undefined {
  const source = { [inputOp.name]: values.inputs, [stateOp.name]: values.state };
  if (!(tensor.op.name in source)) return undefined;
  const { name } = tensor.attributes as NamedLeaf;
  const given = source[tensor.op.name]?.[name];
  if (!given) throw new Error(`evaluate: no value given for the ${tensor.op.name} "${name}".`);
  if (given.length !== sizeOf(tensor.shape)) {
    throw new Error(`evaluate: "${name}" needs ${sizeOf(tensor.shape)} values, not ${given.length}.`);
  }
  return Float64Array.from(given);
}

/** Runs a program in float64: its outputs, and its state afterwards. The judge of backends on small shapes, not for work. */
export function evaluate(
  program: Program,
  values: { inputs?: Values; state?: Values },
): { outputs: Record<string, Float64Array>; state: Record<string, Float64Array> } {
  const names = Object.keys(program.outputs);
  const updated = Object.keys(program.updates);
  const results = evaluateTensors(
    [...Object.values(program.outputs), ...Object.values(program.updates)],
    values,
  );
  const state: Record<string, Float64Array> = Object.fromEntries(
    Object.entries(values.state ?? {}).map(([name, value]) => [name, Float64Array.from(value)]),
  );
  updated.forEach((name, i) => {
    state[name] = results[names.length + i];
  });
  return { outputs: Object.fromEntries(names.map((name, i) => [name, results[i]])), state };
}
