import {
  add,
  adamw,
  constant,
  exp,
  globalNorm,
  greater,
  input,
  matmul,
  mean,
  mul,
  program,
  reshape,
  state,
  sub,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { describe, expect, test } from 'vitest';
import { hostNodes } from './partition.ts';

const weight = state('weight', [4, 3]);
const scalar = (name: string) => input(name, []);
/** Stands in for a gradient, which only ONNX Runtime computes. */
const gradient = (name = 'x') => matmul(input(name, [4, 5]), input(`${name}2`, [5, 3]));

function onHost(tensors: { outputs?: Record<string, Tensor>; updates: Record<string, Tensor> }): Set<Tensor> {
  return new Set(hostNodes(program({ outputs: {}, ...tensors })));
}

describe('hostNodes', () => {
  test('includes the whole optimizer step, but nothing before the gradients', () => {
    const found = gradient();
    const first = add(mul(state('first', [4, 3]), 0.9), mul(found, 0.1));
    const second = add(mul(state('second', [4, 3]), 0.99), mul(mul(found, found), 0.01));
    const [learningRate, correction1, correction2] = ['rate', 'one', 'two'].map(scalar);
    const parameter = adamw(
      { parameter: weight, firstMoment: first, secondMoment: second, learningRate, correction1, correction2 },
      { epsilon: 1e-8, weightDecay: 0 },
    );
    const host = onHost({ updates: { weight: parameter, first, second } });
    expect(host).toContain(parameter);
    expect(host).toContain(first);
    expect([...first.inputs, ...second.inputs].every((each) => host.has(each))).toBe(true);
    expect(host).not.toContain(found);
  });

  test('includes the global norm of gradients that are fetched anyway, even if it is only an output', () => {
    const found = { a: gradient('a'), b: gradient('b') };
    const norm = globalNorm(found);
    const updates = { weight: sub(weight, add(mul(found.a, scalar('rate')), mul(found.b, scalar('rate')))) };
    expect(onHost({ outputs: { norm }, updates })).toContain(norm);
  });

  test('leaves nodes to ONNX Runtime that reduce the data to fetch: a sum of two gradients, a loss', () => {
    const joint = add(gradient('a'), gradient('b'));
    const errors = sub(matmul(input('y', [4, 5]), input('z', [5, 9])), 1);
    const squares = mul(errors, errors);
    const loss = reshape(mean(squares), []);
    const average = add(mul(state('average', []), 0.9), mul(loss, 0.1));
    const host = onHost({ outputs: { loss }, updates: { weight: add(weight, joint), average } });
    expect(host).toContain(average);
    expect([joint, errors, squares].some((each) => host.has(each))).toBe(false);
  });

  test('excludes nodes used elsewhere, and nodes that are not element-wise', () => {
    const found = gradient();
    const doubled = mul(found, 2);
    const host = onHost({
      outputs: { y: matmul(doubled, input('q', [3, 2])) },
      updates: { weight: add(weight, doubled) },
    });
    expect(host).not.toContain(doubled);
    const row = add(weight, input('row', [3]));
    const curved = exp(mul(weight, 2));
    const rows = add(weight, sum(weight, [1]));
    for (const value of [row, curved, rows])
      expect(onHost({ updates: { weight: value } })).not.toContain(value);
  });

  test('fills entries without computation', () => {
    const zero = constant(0, [4, 3]);
    expect(onHost({ outputs: { total: sum(weight) }, updates: { weight: zero } })).toContain(zero);
  });

  test('is empty for a program without updates', () => {
    expect(onHost({ outputs: { larger: greater(weight, 0) }, updates: {} })).toEqual(new Set());
  });
});
