import {
  constant,
  evaluate,
  groupNorm,
  input,
  max,
  mul,
  program,
  reshape,
  softmax,
  sum,
  transpose,
  type Tensor,
} from '@rewardedit/graph';
import { relativeError, runProgram, someValues } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import { pretendedBackend } from '../testing/device-backend.ts';
import { testBackend } from '../testing/test-backend.ts';

const present = await testBackend();

/** Sums over what lies side by side and across it, of few rows and of many, and what is not only a sum. */
function reductions(): Record<string, Tensor> {
  const [all, pixels] = [input('all', [1, 40_000]), input('pixels', [2, 24, 20, 30])];
  const lastOfSix = transpose(reshape(input('columns', [2500, 6]), [2500, 6]), [1, 0]);
  const [gain, shift] = [1.5, 0.25].map((value) => constant(value, [24]));
  return {
    all: sum(mul(all, all)),
    largest: max(all, [1]),
    across: sum(lastOfSix, [1]),
    together: sum(pixels, [0, 2, 3]),
    odd: sum(input('odd', [3, 4999]), [1]),
    normalized: groupNorm(pixels, 3, gain, shift, 1e-5),
    exponentials: softmax(input('scores', [2, 9000])),
  };
}

describe.skipIf(!present)('rows are combined as the float64 evaluation combines them', () => {
  test.each([
    ['by the invocations of a GPU, in parts', false],
    ['by those of a processor', true],
  ])('%s', async (_, software) => {
    const labels: string[] = [];
    const backend = await pretendedBackend({ software }, ([kernel]) => {
      labels.push(kernel.label);
      return kernel;
    });
    const built = program({ outputs: reductions() });
    const inputs = Object.fromEntries(
      Object.entries(built.inputs).map(([name, { shape }], i) => [
        name,
        someValues(
          shape.reduce((p, q) => p * q),
          i,
        ),
      ]),
    );
    const actual = await runProgram(backend, built, { inputs });
    for (const [name, expected] of Object.entries(evaluate(built, { inputs }).outputs))
      expect(relativeError(actual[name], expected), name).toBeLessThan(1e-5);
    const inParts = labels.filter((label) => label.endsWith('parts together'));
    // All but the groups of pixels, which are too short for it.
    expect(inParts).toHaveLength(software ? 0 : 6);
    await backend.dispose();
  });
});
