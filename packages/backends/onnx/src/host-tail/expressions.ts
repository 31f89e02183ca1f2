import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';
import { formula, type FormulaName } from './formulas.ts';

/**
 * Where a value that the host reads comes from: a state entry, an input of the run, or a result of the ONNX
 * model.
 */
export interface Source {
  readonly from: 'state' | 'input' | 'result';
  readonly name: string;
}

/** A value computed on the host: one number, or one for each element. Equal ones are the same object. */
export type HostValue = { readonly id: number; readonly length: number } & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'read'; readonly source: Source }
  | { readonly kind: 'formula'; readonly formula: FormulaName; readonly operands: readonly HostValue[] }
  | { readonly kind: 'total'; readonly operand: HostValue }
);

export interface Expressions {
  number(value: number): HostValue;
  read(source: Source, length: number): HostValue;
  apply(formula: FormulaName, ...operands: readonly HostValue[]): HostValue;
  /** The sum of all elements, a single number. */
  total(operand: HostValue): HostValue;
  /** All values made, each after its operands. */
  readonly values: readonly HostValue[];
}

export function createExpressions(): Expressions {
  const values: HostValue[] = [];
  const numbered = new Map<string, HostValue>();

  function once(key: string, make: (id: number) => HostValue): HostValue {
    const known = numbered.get(key);
    if (known) return known;
    const made = make(values.length);
    values.push(made);
    numbered.set(key, made);
    return made;
  }

  return {
    values,
    number: (value) =>
      once(Object.is(value, -0) ? '-0' : `${value}`, (id) => ({ id, length: 1, kind: 'number', value })),
    read: (source, length) =>
      once(`${source.from} ${source.name}`, (id) => ({ id, length, kind: 'read', source })),
    apply: (formula, ...operands) =>
      once(`${formula}(${operands.map(({ id }) => id).join()})`, (id) => {
        const length = Math.max(...operands.map((operand) => operand.length));
        return { id, length, kind: 'formula', formula, operands };
      }),
    total: (operand) => once(`total(${operand.id})`, (id) => ({ id, length: 1, kind: 'total', operand })),
  };
}

type Building<Name extends OpName> = (
  make: Expressions,
  operands: readonly HostValue[],
  attributes: AttributesOf<Name>,
) => HostValue;

/** The ops that are one formula, under the same name. */
const plain = (name: FormulaName): Building<FormulaName> => {
  return (make, operands) => make.apply(name, ...operands);
};

/** The graph's ops that the host can carry out. */
const HOST_OPS = {
  neg: plain('neg'),
  abs: plain('abs'),
  sqrt: plain('sqrt'),
  exp: plain('exp'),
  log: plain('log'),
  add: plain('add'),
  sub: plain('sub'),
  mul: plain('mul'),
  div: plain('div'),
  minimum: plain('minimum'),
  maximum: plain('maximum'),
  greater: plain('greater'),
  equal: plain('equal'),
  select: plain('select'),
  // The elements and their order stay as they are.
  reshape: (_, [x]) => x,
  // Of a single number, which a formula takes beside arrays as it is.
  broadcastTo: (_, [x]) => x,
  sum: (make, [x]) => (x.length === 1 ? x : make.total(x)),
  adamw: ({ apply, number }, operands, { epsilon, weightDecay }) => {
    const [parameter, first, second, learningRate, correction1, correction2] = operands;
    const kept = apply('sub', number(1), apply('mul', learningRate, number(weightDecay)));
    const rate = apply('div', learningRate, correction1);
    const factor = apply('div', number(1), apply('sqrt', correction2));
    const deviation = apply('add', apply('mul', apply('sqrt', second), factor), number(epsilon));
    return apply('sub', apply('mul', parameter, kept), apply('div', apply('mul', rate, first), deviation));
  },
} satisfies { readonly [Name in OpName]?: Building<Name> };

type HostOpName = keyof typeof HOST_OPS;

/** Whether the host can carry out an op on values of this length. */
export function isHostOp(name: string, length: number): name is HostOpName {
  if (!(name in HOST_OPS)) return false;
  return length === 1 || !(name === 'exp' || name === 'log') || formula(name).vector !== undefined;
}

/** The value of a node from those of its inputs. */
export function hostValue(
  make: Expressions,
  { op, attributes }: Tensor,
  operands: readonly HostValue[],
): HostValue {
  // A node's attributes are those of its op, which the table's type cannot say for all entries at once.
  const building = HOST_OPS[op.name as HostOpName] as Building<OpName>;
  return building(make, operands, attributes as AttributesOf<OpName>);
}
