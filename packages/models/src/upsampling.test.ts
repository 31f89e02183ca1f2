import { createRandom } from '@rewardedit/core';
import {
  evaluateTensors,
  gradients,
  input,
  mul,
  resizeNearest,
  sizeOf,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { convolution } from './layers.ts';
import { createNetwork, type Scope } from './parameters.ts';
import { upsampler } from './upsampling.ts';

type Build = (scope: Scope, x: Tensor, channels: number) => Tensor;

/** The output of a network, and the gradients of its weighted sum for the picture and the parameters. */
function computed(build: Build, shape: readonly number[], channels: number): readonly Float64Array[] {
  const network = createNetwork();
  const x = input('x', shape);
  const y = build(network.scope, x, channels);
  const { weight, bias } = Object.fromEntries(
    Object.entries(network.parameters).map(([name, tensor]) => [name.split('.').at(-1)!, tensor]),
  );
  const loss = sum(mul(y, input('factors', y.shape)));
  const drawn = (tensor: Tensor, name: string) => {
    const values = new Float32Array(sizeOf(tensor.shape));
    createRandom(1, name).fillNormal(values);
    return values;
  };
  return evaluateTensors([y, ...gradients(loss, [x, weight, bias])], {
    inputs: { x: drawn(x, 'x'), factors: drawn(y, 'factors') },
    state: Object.fromEntries(
      Object.entries(network.parameters).map(([name, tensor]) => [name, drawn(tensor, name)]),
    ),
  });
}

test.each([
  { shape: [2, 3, 4, 4], size: [8, 8] },
  { shape: [1, 2, 3, 5], size: [6, 10] },
  { shape: [1, 1, 1, 1], size: [2, 2] },
  { shape: [2, 1, 3, 2], size: [5, 4] },
])('$shape to $size: as a convolution of the picture with its pixels repeated', ({ shape, size }) => {
  const actual = computed((scope, x, channels) => upsampler(scope, x, size, channels), shape, 2);
  const expected = computed(
    (scope, x, channels) =>
      convolution(scope.at('conv'), resizeNearest(x, size[0], size[1]), channels, { kernel: 3, padding: 1 }),
    shape,
    2,
  );
  for (const [i, values] of expected.entries()) {
    expect(actual[i]).toHaveLength(values.length);
    for (const [j, value] of values.entries()) expect(actual[i][j]).toBeCloseTo(value, 12);
  }
});
