import { describe, expect, test } from 'vitest';
import { silu } from './activations.ts';
import { evaluateTensors } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { activationBytes } from './testing/activation-bytes.ts';
import { add, exp, mul, tanh } from './ops/elementwise.ts';
import { input, state } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { normalize } from './ops/normalization.ts';
import { sum } from './ops/reduction.ts';
import { program } from './program.ts';
import { recompute } from './recompute.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';
import { difference } from './testing/apply.ts';
import { gradientError } from './testing/gradient-error.ts';
import { anywhere } from './testing/random.ts';

type Wrap = typeof recompute;

/** The body without a region. */
const plainly: Wrap = (inputs, body) => body(...inputs);

const WIDTH = 4;

/** A chain of residual blocks, each with its own weight; all bodies capture a shared embedding. */
function chain(blocks: number, wrap: Wrap, rows = 3) {
  const weights = Array.from({ length: blocks }, (_, i) => state(`w${i}`, [WIDTH, WIDTH]));
  const x = input('x', [rows, WIDTH]);
  const embedding = tanh(input('time', [1, WIDTH]));
  const output = weights.reduce<Tensor>(
    (h, weight) =>
      wrap([h], (h) =>
        add(h, matmul(silu(add(normalize(silu(matmul(h, weight)), 1e-2), embedding)), weight)),
      ),
    x,
  );
  const loss = sum(mul(output, output));
  return { loss, targets: [...weights, x, embedding] };
}

function valuesFor(blocks: number) {
  const [x, time, ...weights] = anywhere(
    [[3, WIDTH], [1, WIDTH], ...Array.from({ length: blocks }, () => [WIDTH, WIDTH])],
    1,
  );
  return { inputs: { x, time }, state: Object.fromEntries(weights.map((value, i) => [`w${i}`, value])) };
}

test('does not change values and gradients, including those of captured tensors', () => {
  const [expected, actual] = [plainly, recompute].map((wrap) => {
    const { loss, targets } = chain(4, wrap);
    return evaluateTensors([loss, ...gradients(loss, targets)], valuesFor(4));
  });
  expect(expected).toHaveLength(1 + 4 + 2);
  expected.forEach((value, i) => expect(difference(actual[i], value)).toBe(0));
});

test('the backward pass reads nothing from inside a region', () => {
  const { loss, targets } = chain(3, recompute);
  const forward = new Set(topologicalOrder([loss]));
  const backward = topologicalOrder(gradients(loss, targets)).filter((tensor) => !forward.has(tensor));
  const used = new Set(backward.flatMap((tensor) => tensor.inputs).filter((tensor) => forward.has(tensor)));
  // What crosses over: leaves, the embedding, the input of each region, and the output that the loss squares.
  const crossing = [...used].filter((tensor) => tensor.inputs.length > 0).map((tensor) => tensor.op.name);
  expect(crossing.toSorted()).toEqual(['add', 'add', 'add', 'tanh']);
});

test('inputs of a region wait for the gradient of its output', () => {
  const { loss, targets } = chain(1, recompute);
  const held = topologicalOrder(gradients(loss, targets)).filter((tensor) => tensor.op.name === 'after');
  // The embedding. The region's other input is a program input, which need not wait.
  expect(held.map((tensor) => tensor.inputs[0].op.name)).toEqual(['tanh']);
  expect(topologicalOrder(held).some((tensor) => tensor.op.name === 'sum')).toBe(false);
});

test('saves much memory in a deep chain', () => {
  const [plain, recomputed] = [plainly, recompute].map((wrap) => {
    const { loss, targets } = chain(32, wrap, 64);
    const found = gradients(loss, targets.slice(0, 32));
    return activationBytes(program({ outputs: { loss, ...Object.fromEntries(found.entries()) } }));
  });
  expect(recomputed).toBeLessThan(plain / 4);
});

test('several backward passes over one graph recompute separately', () => {
  const { loss, targets } = chain(2, recompute);
  const first = gradients(loss, targets);
  const second = gradients(mul(loss, 2), targets);
  const results = evaluateTensors([...first, ...second], valuesFor(2));
  targets.forEach((_, i) =>
    expect(
      difference(
        results[targets.length + i],
        results[i].map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-12),
  );
  const heldBy = (found: Tensor[]) => topologicalOrder(found).filter((tensor) => tensor.op.name === 'after');
  expect(heldBy(first).some((tensor) => heldBy(second).includes(tensor))).toBe(false);
});

test('gradients of gradients pass through regions', () => {
  const build = (x: Tensor, w: Tensor) => {
    const y = recompute([x], (x) => tanh(mul(exp(x), w)));
    const [gradient] = gradients(sum(mul(y, y)), [x]);
    return gradient;
  };
  expect(
    gradientError(build, [
      [2, 3],
      [1, 3],
    ]),
  ).toBeLessThan(1e-6);
});

describe('edges', () => {
  test('a target may be inside a region', () => {
    const inner: Tensor[] = [];
    const x = input('x', [2]);
    const y = recompute([x], (x) => {
      inner.push(exp(x));
      return mul(inner[0], inner[0]);
    });
    const results = evaluateTensors(gradients(sum(y), [inner[0]]), { inputs: { x: [0, 1] } });
    expect(difference(results[0], [2, 2 * Math.E])).toBeLessThan(1e-12);
  });

  test('a body may add no nodes', () => {
    const x = input('x', [2]);
    expect(recompute([x], (x) => x)).toBe(x);
  });

  test('rejects nested regions', () => {
    const nested = () => recompute([input('x', [2])], (x) => recompute([x], exp));
    expect(nested).toThrow('recompute: regions do not nest (at a node of op exp).');
  });
});
