import { node, program as makeProgram, nodesOf, type Program, type Tensor } from '@rewardedit/graph';

/** The same program with some ops replaced by the simpler ones they stand for. */
export function decompose(program: Program, names: ReadonlySet<string>): Program {
  const made = new Map<Tensor, Tensor>();

  function rebuilt(tensor: Tensor): Tensor {
    const known = made.get(tensor);
    if (known) return known;
    const inputs = tensor.inputs.map((operand) => made.get(operand)!);
    if (names.has(tensor.op.name) && tensor.op.decompose) return tensor.op.decompose(inputs, tensor.attributes);
    return inputs.every((operand, i) => operand === tensor.inputs[i])
      ? tensor
      : node(tensor.op, inputs, tensor.attributes);
  }
  for (const tensor of nodesOf(program)) made.set(tensor, rebuilt(tensor));
  const replaced = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, made.get(tensor)!]));
  return makeProgram({ outputs: replaced(program.outputs), updates: replaced(program.updates) });
}
