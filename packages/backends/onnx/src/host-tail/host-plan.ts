import {
  nodesOf,
  sizeOf,
  type ConstantLeaf,
  type NamedLeaf,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { createExpressions, hostValue, type HostValue, type Source } from './expressions.ts';
import { scalarStatement, totalKernel, updateKernel } from './kernels.ts';

/**
 * Why the host does part of the work: an optimizer step reads and writes the parameters, their gradients and moments with
 * hardly any arithmetic. ONNX Runtime makes one pass over the memory per op of it, with a new buffer each; a loop made for the
 * expression makes one pass in place. Only the expression counts, not what it is for: AdamW, clipping, averages and gradient
 * accumulation are all found by `hostNodes`.
 */

/** Where a result of the host goes. */
export interface Target {
  readonly to: 'state' | 'output';
  readonly name: string;
}

/** A kernel with what it works on. */
export interface KernelCall {
  /** Body of a function (n, arrays, scalars, targets). */
  readonly body: string;
  readonly length: number;
  readonly arrays: readonly Source[];
  /** Which single numbers it takes, by their places. */
  readonly scalars: readonly number[];
}

export type HostStep =
  | { readonly type: 'load'; readonly scalar: number; readonly source: Source }
  /** Statements over the array `s` of single numbers. */
  | { readonly type: 'compute'; readonly body: string }
  | { readonly type: 'total'; readonly scalar: number; readonly kernel: KernelCall }
  | { readonly type: 'update'; readonly kernel: KernelCall; readonly targets: readonly Target[] }
  | { readonly type: 'store'; readonly scalar: number; readonly target: Target };

export interface HostPlan {
  /** How many single numbers there are. */
  readonly scalars: number;
  /** First all single numbers and the sums they need, then the updates: nothing is overwritten that is still read. */
  readonly steps: readonly HostStep[];
}

/** A value that is stored, and where. */
interface Update {
  readonly value: HostValue;
  readonly length: number;
  readonly target: Target;
}

/**
 * The host's part of a program.
 *
 * @param host the nodes it carries out.
 * @returns also the tensors it needs from the ONNX model, by the names under which its steps read them.
 */
export function planHost(
  program: Program,
  host: ReadonlySet<Tensor>,
): { plan: HostPlan; results: Record<string, Tensor> } {
  const make = createExpressions();
  const values = new Map<Tensor, HostValue>();
  const results: Record<string, Tensor> = {};

  function operandValue(tensor: Tensor): HostValue {
    const known = values.get(tensor);
    if (known) return known;
    const length = sizeOf(tensor.shape);
    const { name } = tensor.op;
    if (name === 'constant') {
      const { values: constant } = tensor.attributes as ConstantLeaf;
      if (typeof constant === 'number') return make.number(constant);
    } else if (name === 'state' || name === 'input') {
      return make.read({ from: name, name: (tensor.attributes as NamedLeaf).name }, length);
    }
    const result = `host/${tensor.id}`;
    results[result] = tensor;
    return make.read({ from: 'result', name: result }, length);
  }

  for (const tensor of nodesOf(program)) {
    if (host.has(tensor)) values.set(tensor, hostValue(make, tensor, tensor.inputs.map(operandValue)));
  }

  const updates = [...targetsOf(program.updates, 'state'), ...targetsOf(program.outputs, 'output')].flatMap(
    ({ tensor, target }): Update[] => {
      const value = values.get(tensor);
      return value ? [{ value, length: sizeOf(tensor.shape), target }] : [];
    },
  );
  return {
    plan: { scalars: make.values.length, steps: [...scalarSteps(make.values), ...updateSteps(updates)] },
    results,
  };
}

function targetsOf(
  tensors: Readonly<Record<string, Tensor>>,
  to: Target['to'],
): { tensor: Tensor; target: Target }[] {
  return Object.entries(tensors).map(([name, tensor]) => ({ tensor, target: { to, name } }));
}

/** Computes every single number, in the order in which they were made. */
function scalarSteps(values: readonly HostValue[]): HostStep[] {
  const steps: HostStep[] = [];
  for (const value of values) {
    const { id: scalar, kind } = value;
    if (value.length > 1) continue;
    if (kind === 'read') steps.push({ type: 'load', scalar, source: value.source });
    else if (kind === 'total') steps.push({ type: 'total', scalar, kernel: totalKernel(value.operand) });
    else {
      const last = steps.at(-1);
      const body = scalarStatement(value);
      if (last?.type === 'compute') steps.splice(-1, 1, { type: 'compute', body: `${last.body}\n${body}` });
      else steps.push({ type: 'compute', body });
    }
  }
  return steps;
}

/**
 * One pass for all updates that read or write a common array: each element's values are then read before any of them is
 * overwritten.
 */
function updateSteps(updates: readonly Update[]): HostStep[] {
  const single = updates.filter(({ length }) => length === 1);
  const groups = grouped(updates.filter(({ length }) => length > 1));
  return [
    ...groups.map((group): HostStep => ({
      type: 'update',
      kernel: updateKernel(
        group.map(({ value }) => value),
        group[0].length,
      ),
      targets: group.map(({ target }) => target),
    })),
    ...single.map(({ value, target }): HostStep => ({ type: 'store', scalar: value.id, target })),
  ];
}

/** The updates in groups that have no array in common with one another. */
function grouped(updates: readonly Update[]): Update[][] {
  const groupOf = new Map<string, Update[]>();
  for (const update of updates) {
    const arrays = [`${update.target.to} ${update.target.name}`, ...arraysOf(update.value)];
    const merged = [...new Set(arrays.flatMap((array) => groupOf.get(array) ?? [])), update];
    for (const array of arrays) groupOf.set(array, merged);
    for (const member of merged) {
      for (const array of [`${member.target.to} ${member.target.name}`, ...arraysOf(member.value)])
        groupOf.set(array, merged);
    }
  }
  return [...new Set(groupOf.values())];
}

const arrayCache = new WeakMap<HostValue, readonly string[]>();

/** The arrays that a value's elements are computed from. */
function arraysOf(value: HostValue): readonly string[] {
  const known = arrayCache.get(value);
  if (known) return known;
  const found =
    value.length === 1
      ? []
      : value.kind === 'read'
        ? [`${value.source.from} ${value.source.name}`]
        : value.kind === 'formula'
          ? [...new Set(value.operands.flatMap(arraysOf))]
          : [];
  arrayCache.set(value, found);
  return found;
}
