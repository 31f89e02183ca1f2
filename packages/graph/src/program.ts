import { inputOp, stateOp, type NamedLeaf } from './ops/leaf.ts';
import { formatShape, sameShape } from './shape.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';

/**
 * A computation that a backend can compile: what it is given at each run, what it keeps between runs, what it returns, and what
 * it keeps afterwards. Inference is a program without updates; a training step is the same thing with them.
 */
export interface Program {
  readonly inputs: Readonly<Record<string, Tensor<NamedLeaf>>>;
  readonly state: Readonly<Record<string, Tensor<NamedLeaf>>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** New value of each state entry that changes. All are computed from the old values, then stored together. */
  readonly updates: Readonly<Record<string, Tensor>>;
}

/**
 * Gathers the inputs and the state that the given results are computed from.
 *
 * @throws Error where one name is used for two different things, or an update does not fit its state entry.
 */
export function program({
  outputs,
  updates = {},
}: {
  outputs: Readonly<Record<string, Tensor>>;
  updates?: Readonly<Record<string, Tensor>>;
}): Program {
  const order = topologicalOrder([...Object.values(outputs), ...Object.values(updates)]);
  const inputs = namedLeaves(order, inputOp.name);
  const state = namedLeaves(order, stateOp.name);
  for (const [name, value] of Object.entries(updates)) {
    const entry = state[name];
    if (!entry) throw new Error(`program: the update of "${name}" changes a state entry that nothing reads.`);
    if (!sameShape(entry.shape, value.shape)) {
      throw new Error(
        `program: the update of "${name}" has shape ${formatShape(value.shape)}, the entry ${formatShape(entry.shape)}.`,
      );
    }
  }
  return { inputs, state, outputs, updates };
}

function namedLeaves(order: readonly Tensor[], op: string): Record<string, Tensor<NamedLeaf>> {
  const found: Record<string, Tensor<NamedLeaf>> = {};
  for (const tensor of order) {
    if (!isNamedLeaf(tensor, op)) continue;
    const { name } = tensor.attributes;
    const earlier = found[name];
    if (earlier && (!sameShape(earlier.shape, tensor.shape) || earlier.dtype !== tensor.dtype)) {
      throw new Error(
        `program: the ${op} "${name}" is declared as ${formatShape(earlier.shape)} ${earlier.dtype} and as ${formatShape(tensor.shape)} ${tensor.dtype}.`,
      );
    }
    found[name] ??= tensor;
  }
  return found;
}

function isNamedLeaf(tensor: Tensor, op: string): tensor is Tensor<NamedLeaf> {
  return tensor.op.name === op;
}

/** All nodes of a program, each after its inputs. */
export function nodesOf(program: Program): Tensor[] {
  return topologicalOrder([...Object.values(program.outputs), ...Object.values(program.updates)]);
}
