import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';

/** Where a value that the host reads comes from: a state entry, an input of the run, or a result of the ONNX model. */
export interface Source {
  readonly from: 'state' | 'input' | 'result';
  readonly name: string;
}

/** Element by element, in JavaScript, from the operands' expressions. */
export const SCALAR_FORMULAS = {
  neg: (x: string) => `-${x}`,
  exp: (x: string) => `Math.exp(${x})`,
  log: (x: string) => `Math.log(${x})`,
  sqrt: (x: string) => `Math.sqrt(${x})`,
  abs: (x: string) => `Math.abs(${x})`,
  add: (a: string, b: string) => `${a} + ${b}`,
  sub: (a: string, b: string) => `${a} - ${b}`,
  mul: (a: string, b: string) => `${a} * ${b}`,
  div: (a: string, b: string) => `${a} / ${b}`,
  maximum: (a: string, b: string) => `Math.max(${a}, ${b})`,
  minimum: (a: string, b: string) => `Math.min(${a}, ${b})`,
  greater: (a: string, b: string) => `${a} > ${b} ? 1 : 0`,
  equal: (a: string, b: string) => `${a} === ${b} ? 1 : 0`,
  select: (mask: string, a: string, b: string) => `${mask} !== 0 ? ${a} : ${b}`,
} satisfies { readonly [Name in OpName]?: (...operands: string[]) => string };

export type FormulaName = keyof typeof SCALAR_FORMULAS;

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
  formula(formula: FormulaName, ...operands: readonly HostValue[]): HostValue;
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
    number: (value) => once(`${value}`, (id) => ({ id, length: 1, kind: 'number', value })),
    read: (source, length) =>
      once(`${source.from} ${source.name}`, (id) => ({ id, length, kind: 'read', source })),
    formula: (formula, ...operands) =>
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

const formula =
  (name: FormulaName): Building<FormulaName> =>
  (make, operands) =>
    make.formula(name, ...operands);

/** The graph's ops that the host can carry out. */
export const HOST_OPS = {
  neg: formula('neg'),
  exp: formula('exp'),
  log: formula('log'),
  sqrt: formula('sqrt'),
  abs: formula('abs'),
  add: formula('add'),
  sub: formula('sub'),
  mul: formula('mul'),
  div: formula('div'),
  maximum: formula('maximum'),
  minimum: formula('minimum'),
  greater: formula('greater'),
  equal: formula('equal'),
  select: formula('select'),
  // The elements and their order stay as they are.
  reshape: (_, [x]) => x,
  sum: (make, [x]) => (x.length === 1 ? x : make.total(x)),
  adamw: (make, [parameter, first, second, learningRate, correction1, correction2], attributes) => {
    const { formula, number } = make;
    const kept = formula('sub', number(1), formula('mul', learningRate, number(attributes.weightDecay)));
    const rate = formula('div', learningRate, correction1);
    const spread = formula('div', number(1), formula('sqrt', correction2));
    const deviation = formula(
      'add',
      formula('mul', formula('sqrt', second), spread),
      number(attributes.epsilon),
    );
    return formula(
      'sub',
      formula('mul', parameter, kept),
      formula('div', formula('mul', rate, first), deviation),
    );
  },
} satisfies { readonly [Name in OpName]?: Building<Name> };

export type HostOpName = keyof typeof HOST_OPS;

export function isHostOp(name: string): name is HostOpName {
  return name in HOST_OPS;
}

/** The value of a node from those of its inputs. */
export function hostValue(
  make: Expressions,
  { op, attributes }: Tensor,
  operands: readonly HostValue[],
): HostValue {
  // A node's attributes are those of its op's name, which the table's type cannot say for all entries at once.
  const building = HOST_OPS[op.name as HostOpName] as Building<OpName>;
  return building(make, operands, attributes as AttributesOf<OpName>);
}
