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
 * Why the host does part of the work: an optimizer step reads and writes the parameters, gradients and
 * moments with very little arithmetic. ONNX Runtime makes one pass over memory per op, each into a new
 * buffer; a loop compiled for the whole expression makes one pass in place. Only the expression matters, not
 * its purpose: `hostNodes` finds AdamW, clipping, averages and gradient accumulation alike.
 */

/**
 * The source of a value that the host reads: a state entry, an input of the run, or a result of the ONNX
 * model.
 */
export interface Source {
  readonly from: 'state' | 'input' | 'result';
  readonly name: string;
}

type HostValue = FusedValue<Source>;
export type HostCall = KernelCall<Source>;

/** The target of a result of the host. */
export interface Target {
  readonly to: 'state' | 'output';
  readonly name: string;
}

export type HostStep =
  | { readonly type: 'load'; readonly scalar: number; readonly source: Source }
  /** Statements over the array `s` of scalars. */
  | { readonly type: 'compute'; readonly body: string }
  | { readonly type: 'total'; readonly scalar: number; readonly call: HostCall }
  | {
      readonly type: 'update';
      readonly call: HostCall;
      readonly targets: readonly Target[];
      /** A scalar; if it is 0, the targets keep their values. */
      readonly unlessZero?: number;
    }
  | { readonly type: 'store'; readonly scalar: number; readonly target: Target };

export interface HostPlan {
  /** The number of scalars. */
  readonly scalars: number;
  /**
   * All scalars and the sums they need come first, then the updates, so that nothing is overwritten before
   * its last read.
   */
  readonly steps: readonly HostStep[];
}

/** A value to store, and its target. */
interface Update {
  readonly value: HostValue;
  readonly length: number;
  readonly target: Target;
}

/**
 * Plans the host's part of a program.
 *
 * @param host the nodes that the host computes.
 * @returns the plan, and the tensors it needs from the ONNX model, by the names under which its steps read
 * them.
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

/** The value of a node from the values of its inputs. */
function hostValue(make: Expressions<Source>, tensor: Tensor, operands: readonly HostValue[]): HostValue {
  const [x] = operands;
  // The elements and their order are unchanged.
  if (tensor.op.name === 'reshape') return x;
  // Formulas broadcast scalars.
  if (tensor.op.name === 'broadcastTo') return x;
  if (tensor.op.name === 'sum') return x.length === 1 ? x : make.total(x);
  return elementwiseValue(make, tensor, operands);
}

/** Computes all scalars in the order of their creation. */
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

/** A number in JavaScript. */
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
 * Makes one pass for all updates that read or write a common array, so that each element is read by all of
 * them before any overwrites it.
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

/** The condition of an update that otherwise keeps its entry, and the value if it holds. */
function conditionalUpdate({
  value,
  target,
}: Update): { condition: HostValue; value: HostValue } | undefined {
  if (value.kind !== 'formula' || value.formula !== 'select') return undefined;
  const [condition, changed, old] = value.operands;
  const keeps = old.kind === 'read' && old.source.from === 'state' && old.source.name === target.name;
  return condition.length === 1 && keeps && target.to === 'state' ? { condition, value: changed } : undefined;
}

/** Groups updates so that different groups have no array in common. */
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

/** Finds the arrays that a value depends on. */
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
