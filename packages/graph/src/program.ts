import type { TensorSpec } from './backend.ts';
import type { DTypes } from './dtype.ts';
import { inputOp, isNamedLeaf, stateOp, type NamedLeaf } from './ops/leaf.ts';
import { alike, describe, topologicalOrder, type NamedTensors, type Op, type Tensor } from './tensor.ts';

/**
 * A computation that a backend can compile: what it is given at each run, what is kept between runs, what it
 * returns, and what it keeps afterwards. Inference is a program without updates; a training step is the same
 * thing with them; and where one program updates what another one reads, values go from one to the next
 * without leaving the device.
 *
 * Its type names the inputs and outputs with their element types, so that a run with other values does not compile.
 */
export interface Program<Inputs extends DTypes = DTypes, Outputs extends DTypes = DTypes> {
  readonly inputs: { readonly [Name in keyof Inputs]: TensorSpec<Inputs[Name]> };
  /** Every state entry that is read or updated. */
  readonly state: Readonly<Record<string, TensorSpec>>;
  readonly outputs: { readonly [Name in keyof Outputs]: Tensor<unknown, Outputs[Name]> };
  /**
   * New value of each state entry that changes, of which the program need not read the old one. All are
   * computed from the old values, then stored together.
   */
  readonly updates: NamedTensors;
}

/** The element types of tensors. */
type DTypesOf<Tensors extends NamedTensors> = { readonly [Name in keyof Tensors]: Tensors[Name]['dtype'] };

/**
 * Gathers the inputs and the state that the given results are computed from.
 *
 * @param inputs the input leaves by their names: given, a run with others does not compile.
 * @throws Error where one name is used for two different things, an update does not fit its state entry, or
 * the inputs given are not those that are read.
 */
export function program<
  Inputs extends NamedTensors = NamedTensors,
  Outputs extends NamedTensors = NamedTensors,
>({
  inputs: declared,
  outputs,
  updates = {},
}: {
  inputs?: Inputs;
  outputs: Outputs;
  updates?: NamedTensors;
}): Program<DTypesOf<Inputs>, DTypesOf<Outputs>> {
  const order = topologicalOrder([...Object.values<Tensor>(outputs), ...Object.values(updates)]);
  const inputs = namedLeaves(order, inputOp);
  if (declared) checkDeclared(Object.keys(declared), Object.keys(inputs));
  const state = namedLeaves(order, stateOp);
  for (const [name, value] of Object.entries(updates)) {
    const entry = state[name];
    if (entry && !alike(entry, value)) {
      throw new Error(
        `program: the update of "${name}" is ${describe(value)}, the state entry is ${describe(entry)}.`,
      );
    }
    state[name] ??= specOf(value);
  }
  // Their names were checked above, where some are declared.
  return { inputs: inputs as Program<DTypesOf<Inputs>>['inputs'], state, outputs, updates };
}

function checkDeclared(declared: readonly string[], read: readonly string[]): void {
  const missing = read.filter((name) => !declared.includes(name));
  if (missing.length > 0)
    throw new Error(`program: the inputs ${quoted(missing)} are read and not declared.`);
  const unused = declared.filter((name) => !read.includes(name));
  if (unused.length > 0) throw new Error(`program: the inputs ${quoted(unused)} are declared and not read.`);
}

function namedLeaves(order: readonly Tensor[], op: Op<NamedLeaf>): Record<string, TensorSpec> {
  const found: Record<string, TensorSpec> = {};
  for (const tensor of order) {
    if (!isNamedLeaf(tensor, op)) continue;
    const { name } = tensor.attributes;
    const earlier = found[name];
    if (earlier && !alike(earlier, tensor)) {
      throw new Error(
        `program: the ${op.name} "${name}" is declared as ${describe(earlier)} and as ${describe(tensor)}.`,
      );
    }
    found[name] ??= specOf(tensor);
  }
  return found;
}

function specOf({ shape, dtype }: Tensor): TensorSpec {
  return { shape, dtype };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** All nodes of a program, each after its inputs. */
export function nodesOf(program: Program): Tensor[] {
  return topologicalOrder([...Object.values(program.outputs), ...Object.values(program.updates)]);
}
