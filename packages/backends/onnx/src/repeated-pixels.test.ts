import { createRandom } from '@rewardedit/core';
import {
  conv2d,
  evaluate,
  gradients,
  input,
  mul,
  nodesOf,
  program,
  recompute,
  resizeNearest,
  sizeOf,
  state,
  sum,
  tanh,
  type Tensor,
} from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { withoutRepeatedPixels } from './repeated-pixels.ts';

/** A convolution of an upsampled picture, and the gradients of its weighted sum. */
function enlarged(shape: readonly number[], size: readonly number[], padding = 1) {
  const x = input('x', shape);
  const weight = state('weight', [3, shape[1], 3, 3]);
  const entering = tanh(x);
  const y = recompute([entering], (h) =>
    tanh(conv2d(resizeNearest(h, size[0], size[1]), weight, { padding })),
  );
  const [dx, dWeight] = gradients(sum(mul(y, input('factors', y.shape))), [x, weight]);
  return program({ outputs: { y, dx, dWeight } });
}

const rewritten = (built: ReturnType<typeof enlarged>) => {
  const [outputs] = withoutRepeatedPixels([built.outputs]);
  return { ...built, outputs };
};
const largestPicture = (outputs: Readonly<Record<string, Tensor>>, op: string) =>
  nodesOf(program({ outputs })).filter((tensor) => tensor.op.name === op);

test.each([
  { shape: [2, 3, 4, 4], size: [8, 8] },
  { shape: [1, 2, 3, 5], size: [6, 10] },
  { shape: [1, 1, 1, 1], size: [2, 2] },
])(
  '$shape to $size: no pixels are repeated, forward or backward, and values do not change',
  ({ shape, size }) => {
    const before = enlarged(shape, size);
    const after = rewritten(before);
    expect(largestPicture(before.outputs, 'resizeNearest').length).toBeGreaterThan(0);
    expect(largestPicture(after.outputs, 'resizeNearest')).toEqual([]);
    const kernels = largestPicture(after.outputs, 'conv2dWeightGradient').map((tensor) =>
      tensor.shape.slice(2),
    );
    expect(kernels.every((kernel) => kernel.join() === '2,2')).toBe(true);

    const drawn = (specs: typeof before.inputs) =>
      Object.fromEntries(
        Object.entries(specs).map(([name, spec]) => {
          const values = new Float32Array(sizeOf(spec.shape));
          createRandom(1, name).fillNormal(values);
          return [name, values];
        }),
      );
    const values = { inputs: drawn(before.inputs), state: drawn(before.state) };
    const [expected, actual] = [before, after].map((each) => evaluate(each, values).outputs);
    for (const [name, value] of Object.entries(expected)) {
      const error = value.map((each, i) => Math.abs(each - actual[name][i]));
      expect(Math.max(...error), name).toBeLessThan(1e-12);
    }
  },
);

test.each([
  { shape: [2, 1, 3, 2], size: [5, 4], padding: 1 },
  { shape: [2, 1, 3, 2], size: [9, 6], padding: 1 },
  { shape: [2, 1, 3, 2], size: [6, 4], padding: 0 },
])('$shape to $size with padding $padding is unchanged', ({ shape, size, padding }) => {
  const before = enlarged(shape, size, padding);
  const after = rewritten(before);
  const names = (outputs: typeof before.outputs) =>
    nodesOf(program({ outputs }))
      .map(({ op }) => op.name)
      .toSorted();
  expect(names(after.outputs)).toEqual(names(before.outputs));
});
