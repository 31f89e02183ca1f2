import { inputOp, isNamedLeaf, stateOp, type NamedLeaf } from './ops/leaf.ts';
import { alike, describe, topologicalOrder, type NamedTensors, type Op, type Tensor } from './tensor.ts';

/**
 * A computation that a backend can compile: what it is given at each run, what it keeps between runs, what it
 * returns, and what it keeps afterwards. Inference is a program without updates; a training step is the same
 * thing with them.
 */
export interface Program {
  readonly inputs: Readonly<Record<string, Tensor<NamedLeaf>>>;
  readonly state: Readonly<Record<string, Tensor<NamedLeaf>>>;
  readonly outputs: NamedTensors;
  /**
   * New value of each state entry that changes. All are computed from the old values, then stored together.
   */
  readonly updates: NamedTensors;
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
  outputs: NamedTensors;
  updates?: NamedTensors;
}): Program {
  const order = topologicalOrder([...Object.values(outputs), ...Object.values(updates)]);
  const inputs = namedLeaves(order, inputOp);
  const state = namedLeaves(order, stateOp);
  for (const [name, value] of Object.entries(updates)) {
    const entry = state[name];
    if (!entry) throw new Error(`program: the update of "${name}" changes a state entry that nothing reads.`);
    if (!alike(entry, value)) {
      throw new Error(
        `program: the update of "${name}" is ${describe(value)}, the state entry is ${describe(entry)}.`,
      );
    }
  }
  return { inputs, state, outputs, updates };
}

function namedLeaves(order: readonly Tensor[], op: Op<NamedLeaf>): Record<string, Tensor<NamedLeaf>> {
  const found: Record<string, Tensor<NamedLeaf>> = {};
  for (const tensor of order) {
    if (!isNamedLeaf(tensor, op)) continue;
    const { name } = tensor.attributes;
    const earlier = found[name];
    if (earlier && !alike(earlier, tensor)) {
      throw new Error(
        `program: the ${op.name} "${name}" is declared as ${describe(earlier)} and as ${describe(tensor)}.`,
      );
    }
    found[name] ??= tensor;
  }
  return found;
}

/** All nodes of a program, each after its inputs. */
export function nodesOf(program: Program): Tensor[] {
  return topologicalOrder([...Object.values(program.outputs), ...Object.values(program.updates)]);
}
