import type { AttributesOf, OpName } from '../ops/index.ts';
import type { Tensor } from '../tensor.ts';
import type { Expressions, FusedValue } from './expressions.ts';
import type { FormulaName } from './formulas.ts';

type Building<Name extends OpName> = <Source>(
  make: Expressions<Source>,
  operands: readonly FusedValue<Source>[],
  attributes: AttributesOf<Name>,
) => FusedValue<Source>;

/** The ops that are a single formula of the same name. */
const plain =
  (name: FormulaName): Building<OpName> =>
  (make, operands) =>
    make.apply(name, ...operands);

/** The element-wise ops of the graph as formulas. */
const ELEMENTWISE_OPS = {
  neg: plain('neg'),
  abs: plain('abs'),
  sqrt: plain('sqrt'),
  exp: plain('exp'),
  log: plain('log'),
  sin: plain('sin'),
  cos: plain('cos'),
  tanh: plain('tanh'),
  sigmoid: plain('sigmoid'),
  erf: plain('erf'),
  gelu: plain('gelu'),
  add: plain('add'),
  sub: plain('sub'),
  mul: plain('mul'),
  div: plain('div'),
  minimum: plain('minimum'),
  maximum: plain('maximum'),
  greater: plain('greater'),
  equal: plain('equal'),
  select: plain('select'),
  cast: (make, [x], { dtype }) => {
    if ((dtype === 'i32') === (x.type === 'i32')) return x;
    return make.apply(dtype === 'i32' ? 'truncate' : 'float', x);
  },
  adamw: ({ apply, number }, operands, { epsilon, weightDecay }) => {
    const [parameter, first, second, learningRate, correction1, correction2] = operands;
    const kept = apply('sub', number(1), apply('mul', learningRate, number(weightDecay)));
    const rate = apply('div', learningRate, correction1);
    const factor = apply('div', number(1), apply('sqrt', correction2));
    const deviation = apply('add', apply('mul', apply('sqrt', second), factor), number(epsilon));
    return apply('sub', apply('mul', parameter, kept), apply('div', apply('mul', rate, first), deviation));
  },
} satisfies { readonly [Name in OpName]?: Building<Name> };

export type ElementwiseOpName = keyof typeof ELEMENTWISE_OPS;

export function isElementwise(name: string): name is ElementwiseOpName {
  return Object.hasOwn(ELEMENTWISE_OPS, name);
}

/** Returns the value of an element-wise node from the values of its inputs, in a fused kernel. */
export function elementwiseValue<Source>(
  make: Expressions<Source>,
  tensor: Tensor,
  operands: readonly FusedValue<Source>[],
): FusedValue<Source> {
  // The table's type cannot relate a node's attributes to its op.
  const building = ELEMENTWISE_OPS[tensor.op.name as ElementwiseOpName] as Building<OpName>;
  return building(make, operands, tensor.attributes as AttributesOf<OpName>);
}
