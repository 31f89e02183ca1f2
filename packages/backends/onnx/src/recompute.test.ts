import {
  conv2d,
  gradients,
  input,
  mean,
  mul,
  program,
  recompute,
  silu,
  state,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';
import { activationBytes, relativeError, runProgram, someValues } from '@rewardedit/graph/testing';

const MEBIBYTE = 2 ** 20;
const BLOCKS = 12;
const CHANNELS = 16;
/** Large enough that garbage and the pages that the system reclaims are negligible next to the activations. */
const SIZE = 192;

/** A deep network of large pictures and small weights, whose memory is dominated by activations. */
function deep(recomputed: boolean): Program {
  let h: Tensor = input('x', [1, CHANNELS, SIZE, SIZE]);
  const kernels = Array.from({ length: 2 * BLOCKS }, (_, i) => state(`${i}`, [CHANNELS, CHANNELS, 3, 3]));
  for (let i = 0; i < BLOCKS; i++) {
    const [first, second] = kernels.slice(2 * i, 2 * i + 2);
    const body = (x: Tensor) =>
      silu(mul(silu(conv2d(silu(conv2d(x, first, { padding: 1 })), second, { padding: 1 })), 3));
    h = recomputed ? recompute([h], (...[x]) => body(x)) : body(h);
  }
  const loss = mean(mul(h, h));
  const found = gradients(loss, kernels);
  return program({
    outputs: { loss, ...Object.fromEntries(found.map((each, i) => [`gradient ${i}`, each])) },
  });
}

test('recomputation gives the same gradients with a smaller measured peak of memory', async () => {
  const backend = await createOnnxBackend({ threads: 1 });
  const peak = () => process.resourceUsage().maxRSS / 1024;
  const values = {
    inputs: { x: someValues(CHANNELS * SIZE * SIZE) },
    state: Object.fromEntries(
      Array.from({ length: 2 * BLOCKS }, (_, i) => [
        `${i}`,
        someValues(CHANNELS * CHANNELS * 9, i).map((x) => x / 8),
      ]),
    ),
  };
  // Run a network of the same kind first, so that the runtime's own allocations are not counted.
  await runProgram(
    backend,
    program({
      outputs: { y: conv2d(input('x', [1, CHANNELS, SIZE, SIZE]), state('0', [CHANNELS, CHANNELS, 3, 3])) },
    }),
    values,
  );

  const [kept, recomputed] = [deep(false), deep(true)];
  const saving = (activationBytes(kept) - activationBytes(recomputed)) / MEBIBYTE;
  expect(saving).toBeGreaterThan(120);
  // The peak of a process never falls, so the smaller one runs first.
  const start = peak();
  const actual = await runProgram(backend, recomputed, values);
  const withRecomputation = peak() - start;
  const expected = await runProgram(backend, kept, values);
  const without = peak() - start;
  expect(without - withRecomputation).toBeGreaterThan(saving / 2);

  for (const [name, value] of Object.entries(expected)) {
    expect(relativeError(actual[name], value), name).toBeLessThan(1e-6);
  }
  await backend.dispose();
});
