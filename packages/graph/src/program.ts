import type { TensorSpec } from './backend.ts';
import type { DTypes } from './dtype.ts';
import { inputOp, isNamedLeaf, stateOp, type NamedLeaf } from './ops/leaf.ts';
import { alike, describe, topologicalOrder, type NamedTensors, type Op, type Tensor } from './tensor.ts';

/**
 * A computation that a backend can compile: its inputs at each run, the state it keeps between runs, its
 * outputs, and its updates of the state. Inference is a program without updates; a training step has updates;
 * and a program that updates an entry which another reads passes a value to it without leaving the device.
 *
 * The type names inputs and outputs with their element types, so that a run with other values does not
 * compile.
 */
export interface Program<Inputs extends DTypes = DTypes, Outputs extends DTypes = DTypes> {
  readonly inputs: { readonly [Name in keyof Inputs]: TensorSpec<Inputs[Name]> };
  /** Every state entry that is read or updated. */
  readonly state: Readonly<Record<string, TensorSpec>>;
  readonly outputs: { readonly [Name in keyof Outputs]: Tensor<unknown, Outputs[Name]> };
  /**
   * The new value of each updated entry, which the program need not read. All are computed from the old
   * values, then stored together.
   */
  readonly updates: NamedTensors;
}

/** The element types of tensors. */
type DTypesOf<Tensors extends NamedTensors> = { readonly [Name in keyof Tensors]: Tensors[Name]['dtype'] };

/**
 * Collects the inputs and the state that the results depend on.
 *
 * @param inputs the input leaves by name; if given, runs with other inputs do not compile.
 * @throws Error if one name denotes two different leaves, if an update does not fit its state entry, or if
 * the given inputs differ from those read.
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
        `program: the update of "${name}" is ${describe(value)}, but the state entry is ${describe(entry)}.`,
      );
    }
    state[name] ??= specOf(value);
  }
  // Declared names were checked above.
  return { inputs: inputs as Program<DTypesOf<Inputs>>['inputs'], state, outputs, updates };
}

function checkDeclared(declared: readonly string[], read: readonly string[]): void {
  const missing = read.filter((name) => !declared.includes(name));
  if (missing.length > 0)
    throw new Error(`program: the inputs ${quoted(missing)} are read but not declared.`);
  const unused = declared.filter((name) => !read.includes(name));
  if (unused.length > 0) throw new Error(`program: the inputs ${quoted(unused)} are declared but not read.`);
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

/** Returns all nodes of a program, each after its inputs. */
export function nodesOf(program: Program): Tensor[] {
  return topologicalOrder([...Object.values(program.outputs), ...Object.values(program.updates)]);
}
