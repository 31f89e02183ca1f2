import { describe, expect, test } from 'vitest';
import { evaluateTensors } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { add, exp, mul, tanh } from './ops/elementwise.ts';
import { input, isNamedLeaf, state, stateOp } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { sum } from './ops/reduction.ts';
import { recompute } from './recompute.ts';
import { rewrite } from './rewrite.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';

const x = input('x', [2, 2]);
const [weight, more] = [state('weight', [2, 2]), state('more', [2, 2])];

/** Adds `x more` to `x weight`. */
const withMore = (tensor: Tensor) => {
  const [left, right] = tensor.inputs;
  return tensor.op.name === 'matmul' && isNamedLeaf(right, stateOp)
    ? add(tensor, matmul(left, more))
    : undefined;
};
const values = {
  inputs: { x: [1, 2, 3, 4] },
  state: { weight: [0.1, 0.2, 0.3, 0.4], more: [0.5, 0, 0, 0.5] },
};
const valueOf = (tensor: Tensor) => Array.from(evaluateTensors([tensor], values)[0]);

describe('rewrite', () => {
  test('replaces nodes without changing the original graph', () => {
    const before = tanh(matmul(x, weight));
    const { after } = rewrite({ after: before }, withMore);
    expect(valueOf(after)).toEqual(valueOf(tanh(add(matmul(x, weight), matmul(x, more)))));
    expect(valueOf(before)).toEqual(valueOf(tanh(matmul(x, weight))));
  });

  test('builds a shared node once', () => {
    const shared = exp(x);
    const { twice } = rewrite({ twice: add(mul(shared, 2), shared) }, () => undefined);
    expect(topologicalOrder([twice]).filter(({ op }) => op.name === 'exp')).toHaveLength(1);
  });

  test('keeps recomputation, including that of the replacements', () => {
    const build = (wrap: typeof recompute) =>
      sum(rewrite({ y: wrap([exp(x)], (h) => tanh(matmul(tanh(h), weight))) }, withMore)['y']);
    const plain = gradients(
      build((inputs, body) => body(...inputs)),
      [weight, more],
    );
    const again = gradients(build(recompute), [weight, more]);
    expect(again.map(valueOf)).toEqual(plain.map(valueOf));
    const count = (name: string) => topologicalOrder(again).filter(({ op }) => op.name === name).length;
    expect(count('after')).toBeGreaterThan(0);
    // The inner tanh is computed twice: for the loss, and once for the gradients of both weights.
    const inner = (roots: Tensor[]) =>
      topologicalOrder(roots).filter(({ op, inputs }) => op.name === 'tanh' && inputs[0].op.name === 'after');
    expect(inner(again)).toHaveLength(1);
    expect(inner(plain)).toHaveLength(0);
  });
});
