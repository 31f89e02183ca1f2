import {
  constant,
  evaluate,
  groupNorm,
  input,
  max,
  program,
  sizeOf,
  softmax,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { relativeError, runProgram, someValues } from '@rewardedit/graph/testing';
import { expect, test } from 'vitest';
import { pretendedBackend } from '../testing/device-backend.ts';
import { testBackend } from '../testing/test-backend.ts';

const present = await testBackend();

/** Reductions along and across contiguous elements, of few and many rows, with and without an epilogue. */
function reductions(): Record<string, Tensor> {
  const pixels = input('pixels', [2, 12, 24, 24]);
  const [gain, shift] = [1.5, 0.25].map((value) => constant(value, [12]));
  return {
    along: sum(input('all', [1, 9001]), [1]),
    across: max(input('columns', [260, 6]), [0]),
    together: sum(pixels, [0, 2, 3]),
    normalized: groupNorm(pixels, 1, gain, shift, 1e-5),
    exponentials: softmax(input('scores', [1, 9000])),
  };
}

test.skipIf(!present)(
  'reductions as on a GPU, with rows in parts, equal the float64 evaluation',
  { timeout: 300_000 },
  async () => {
    const labels: string[] = [];
    const backend = await pretendedBackend({ software: false }, ([kernel]) => {
      labels.push(kernel.label);
      return kernel;
    });
    const built = program({ outputs: reductions() });
    const inputs = Object.fromEntries(
      Object.entries(built.inputs).map(([name, { shape }], i) => [name, someValues(sizeOf(shape), i)]),
    );
    const actual = await runProgram(backend, built, { inputs });
    for (const [name, expected] of Object.entries(evaluate(built, { inputs }).outputs))
      expect(relativeError(actual[name], expected), name).toBeLessThan(1e-5);
    // The sum over pixels and the group are too short for parts.
    expect(labels.filter((label) => label.endsWith('parts together'))).toHaveLength(3);
    await backend.dispose();
  },
);
