import {
  createExpressions,
  elementwiseValue,
  kernelCall,
  nodesOf,
  sizeOf,
  type Expressions,
  type FusedValue,
  type KernelCall,
  type NamedLeaf,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { filling } from '../lowering/leaf.ts';
import { formula } from './formulas.ts';

/**
 * Why the host does part of the work: an optimizer step reads and writes the parameters, their gradients and
 * moments with hardly any arithmetic. ONNX Runtime makes one pass over the memory per op of it, with a new
 * buffer each; a loop made for the expression makes one pass in place. Only the expression counts, not what
 * it is for: AdamW, clipping, averages and gradient accumulation are all found by `hostNodes`.
 */

/**
 * Where a value that the host reads comes from: a state entry, an input of the run, or a result of the ONNX
 * model.
 */
export interface Source {
  readonly from: 'state' | 'input' | 'result';
  readonly name: string;
}

type HostValue = FusedValue<Source>;
export type HostCall = KernelCall<Source>;

/** Where a result of the host goes. */
export interface Target {
  readonly to: 'state' | 'output';
  readonly name: string;
}

export type HostStep =
  | { readonly type: 'load'; readonly scalar: number; readonly source: Source }
  /** Statements over the array `s` of single numbers. */
  | { readonly type: 'compute'; readonly body: string }
  | { readonly type: 'total'; readonly scalar: number; readonly call: HostCall }
  | {
      readonly type: 'update';
      readonly call: HostCall;
      readonly targets: readonly Target[];
      /** A single number; where it is 0, the targets stay as they are. */
      readonly unlessZero?: number;
    }
  | { readonly type: 'store'; readonly scalar: number; readonly target: Target };

export interface HostPlan {
  /** How many places for single numbers there are. */
  readonly scalars: number;
  /**
   * First all single numbers and the sums they need, then the updates: nothing is overwritten that is still
   * read.
   */
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
  const make = createExpressions<Source>(({ from, name }) => `${from} ${name}`);
  const values = new Map<Tensor, HostValue>();
  const results: Record<string, Tensor> = {};

  function operandValue(tensor: Tensor): HostValue {
    const known = values.get(tensor);
    if (known) return known;
    const length = sizeOf(tensor.shape);
    const number = filling(tensor);
    if (number !== undefined) return make.number(number);
    const { name } = tensor.op;
    if (name === 'state' || name === 'input') {
      return make.read({ from: name, name: (tensor.attributes as NamedLeaf).name }, length);
    }
    const result = `host/${tensor.id}`;
    results[result] = tensor;
    return make.read({ from: 'result', name: result }, length);
  }

  for (const tensor of nodesOf(program)) {
    if (!host.has(tensor)) continue;
    const fixed = filling(tensor) !== undefined;
    values.set(
      tensor,
      fixed ? operandValue(tensor) : hostValue(make, tensor, tensor.inputs.map(operandValue)),
    );
  }
  const stored = (tensors: Readonly<Record<string, Tensor>>, to: Target['to']) =>
    Object.entries(tensors).flatMap(([name, tensor]): Update[] => {
      const value = values.get(tensor);
      return value ? [{ value, length: sizeOf(tensor.shape), target: { to, name } }] : [];
    });
  const updates = [...stored(program.updates, 'state'), ...stored(program.outputs, 'output')];
  const steps = [...scalarSteps(make.values), ...updateSteps(updates)];
  return { plan: { scalars: make.values.length, steps }, results };
}

/** The value of a node from those of its inputs. */
function hostValue(make: Expressions<Source>, tensor: Tensor, operands: readonly HostValue[]): HostValue {
  const [x] = operands;
  // The elements and their order stay as they are.
  if (tensor.op.name === 'reshape') return x;
  // Of a single number, which formulas take beside arrays as it is.
  if (tensor.op.name === 'broadcastTo') return x;
  if (tensor.op.name === 'sum') return x.length === 1 ? x : make.total(x);
  return elementwiseValue(make, tensor, operands);
}

/** Computes every single number, in the order in which they were made. */
function scalarSteps(values: readonly HostValue[]): HostStep[] {
  const steps: HostStep[] = [];
  for (const value of values.filter(({ length }) => length === 1)) {
    const { id: scalar, kind } = value;
    if (kind === 'read') {
      steps.push({ type: 'load', scalar, source: value.source });
    } else if (kind === 'total') {
      steps.push({ type: 'total', scalar, call: kernelCall([value.operand], value.operand.length) });
    } else {
      const body = statement(value);
      const last = steps.at(-1);
      if (last?.type === 'compute') steps.pop();
      steps.push({ type: 'compute', body: last?.type === 'compute' ? `${last.body}\n${body}` : body });
    }
  }
  return steps;
}

/** A number as it stands in a formula. */
function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${value})` : `${value}`;
}

function statement(value: HostValue & { kind: 'number' | 'formula' }): string {
  const result =
    value.kind === 'number'
      ? literal(value.value)
      : formula(value.formula).scalar(...value.operands.map(({ id }) => `s[${id}]`));
  return `s[${value.id}] = ${result};`;
}

/**
 * One pass for all updates that read or write a common array: each element's values are then read before any
 * of them is overwritten.
 */
function updateSteps(updates: readonly Update[]): HostStep[] {
  const passes = grouped(updates.filter(({ length }) => length > 1)).map((group): HostStep => {
    const choices = group.map(conditionalUpdate);
    const [first] = choices;
    const conditional = first && choices.every((choice) => choice?.condition === first.condition);
    const values = group.map(({ value }, i) => (conditional ? choices[i]!.value : value));
    return {
      type: 'update',
      call: kernelCall(values, group[0].length),
      targets: group.map(({ target }) => target),
      ...(conditional && { unlessZero: first.condition.id }),
    };
  });
  const single = updates
    .filter(({ length }) => length === 1)
    .map(({ value, target }): HostStep => ({ type: 'store', scalar: value.id, target }));
  return [...passes, ...single];
}

/** The condition of an update that otherwise leaves its entry as it is, and the value where it holds. */
function conditionalUpdate({
  value,
  target,
}: Update): { condition: HostValue; value: HostValue } | undefined {
  if (value.kind !== 'formula' || value.formula !== 'select') return undefined;
  const [condition, changed, old] = value.operands;
  const keeps = old.kind === 'read' && old.source.from === 'state' && old.source.name === target.name;
  return condition.length === 1 && keeps && target.to === 'state' ? { condition, value: changed } : undefined;
}

/** The updates in groups that have no array in common with one another. */
function grouped(updates: readonly Update[]): Update[][] {
  const arraysOf = arrayFinder();
  const arrays = ({ target, value }: Update) => [`${target.to} ${target.name}`, ...arraysOf(value)];
  const groupOf = new Map<string, Update[]>();
  for (const update of updates) {
    const touched = new Set(arrays(update).flatMap((array) => groupOf.get(array) ?? []));
    const group = [...touched, update];
    for (const array of group.flatMap(arrays)) groupOf.set(array, group);
  }
  return [...new Set(groupOf.values())];
}

/** Finds the arrays that a value's elements are computed from. */
function arrayFinder(): (value: HostValue) => readonly string[] {
  const known = new Map<HostValue, readonly string[]>();
  function arraysOf(value: HostValue): readonly string[] {
    const earlier = known.get(value);
    if (earlier) return earlier;
    let found: readonly string[] = [];
    if (value.kind === 'read' && value.length > 1) found = [`${value.source.from} ${value.source.name}`];
    else if (value.kind === 'formula') found = [...new Set(value.operands.flatMap(arraysOf))];
    known.set(value, found);
    return found;
  }
  return arraysOf;
}
