import {
  add,
  cast,
  conv2d,
  evaluate,
  gradients,
  input,
  matmul,
  mul,
  mapTensors,
  program,
  silu,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { relativeError, runProgram, someValues } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import type { KernelStep } from '../../codegen/shader.ts';
import { emulated } from '../../testing/emulated-matrices.ts';
import { pretendedBackend } from '../../testing/device-backend.ts';
import { testBackend } from '../../testing/test-backend.ts';

const present = await testBackend();
/** SwiftShader takes seconds to compile each of the larger kernels. */
const LONG = process.env['REWARDEDIT_LONG'] === '1';

const given = (name: string, shape: readonly number[], dtype: 'f32' | 'f16'): Tensor =>
  cast(input(name, shape), dtype);

/** Products with operands contiguous along either axis, of sizes that no tile divides. */
function products(dtype: 'f32' | 'f16'): Record<string, Tensor> {
  const a = given('a', [36, 20], dtype);
  return {
    rows: silu(
      add(
        matmul(given('batch', [2, 36, 20], dtype), given('b', [2, 20, 44], dtype)),
        given('bias', [44], dtype),
      ),
    ),
    columns: matmul(a, given('d', [36, 12], dtype), { transposeA: true }),
    transposed: matmul(a, given('e', [40, 20], dtype), { transposeB: true }),
  };
}

/** A convolution with its gradients, one of which uses split-K. */
function convolutions(dtype: 'f32' | 'f16'): Record<string, Tensor> {
  const [x, w] = [given('x', [4, 12, 12, 10], dtype), given('w', [16, 12, 3, 3], dtype)];
  const convolved = conv2d(x, w, { padding: 1 });
  const [dx, dw] = gradients(sum(cast(mul(convolved, convolved), 'f32')), [x, w]);
  return { convolved, dx, dw };
}

async function check(
  outputs: Record<string, Tensor>,
  pretended: Parameters<typeof pretendedBackend>[0],
  choose: (kernels: readonly KernelStep[]) => KernelStep,
  tolerance: number,
): Promise<void> {
  const backend = await pretendedBackend({ software: false, ...pretended }, choose);
  const built = program({ outputs: mapTensors(outputs, (each) => cast(each, 'f32')) });
  const inputs = Object.fromEntries(
    Object.entries(built.inputs).map(([name, { shape }], i) => [
      name,
      someValues(
        shape.reduce((p, q) => p * q),
        i + 1,
      ),
    ]),
  );
  const actual = await runProgram(backend, built, { inputs });
  for (const [name, expected] of Object.entries(evaluate(built, { inputs }).outputs))
    expect(relativeError(actual[name], expected), name).toBeLessThan(tolerance);
  await backend.dispose();
}

/** Chooses the kernels with this algorithm, which every contraction has, except skinny ones. */
function named(body: string, used: string[]): (kernels: readonly KernelStep[]) => KernelStep {
  return (kernels) => {
    const found = kernels.find((kernel) => kernel.body === body);
    if (found) used.push(found.label);
    return found ?? kernels[0];
  };
}

describe.skipIf(!present)(
  'every algorithm of a contraction equals the float64 evaluation',
  { timeout: 300_000 },
  () => {
    test('workgroup tiles for products', async () => {
      const used: string[] = [];
      await check(products('f32'), {}, named('workgroup tile 32x32', used), 1e-5);
      expect(used).toHaveLength(3);
    });

    test('few rows, with each sum shared by a workgroup', async () => {
      const used: string[] = [];
      const weights = given('w', [21, 72], 'f32');
      const outputs = {
        few: add(matmul(given('a', [3, 72], 'f32'), weights, { transposeB: true }), given('c', [21], 'f32')),
        batches: matmul(given('d', [2, 5, 8], 'f32'), given('e', [2, 12, 8], 'f32'), { transposeB: true }),
      };
      await check(outputs, {}, named('skinny', used), 1e-5);
      expect(used).toHaveLength(2);
    });

    test('split-K', async () => {
      const used: string[] = [];
      const { dw } = convolutions('f32');
      await check({ dw }, {}, named('register tile', used), 1e-5);
      expect(used.join()).toContain('in 2 parts');
    });

    if (!LONG)
      process.stderr.write(
        '\nSKIPPED: the larger contraction kernels (REWARDEDIT_LONG=1 runs them, in some minutes).\n\n',
      );

    test.runIf(LONG).each(['workgroup tile 32x32', 'workgroup tile 64x64', 'workgroup tile 128x128'])(
      '%s for convolutions',
      async (body) => {
        const used: string[] = [];
        await check(convolutions('f32'), {}, named(body, used), 1e-5);
        expect(used).toHaveLength(3);
      },
      600_000,
    );

    // Without subgroup matrices, their functions are emulated in WGSL.
    test.runIf(LONG)(
      'matrices 64x64 for products',
      async () => {
        const used: string[] = [];
        const choose = named('matrices 64x64', used);
        const matrices = { order: 'argument', subgroup: 32 } as const;
        await check(
          products('f16'),
          { matrices, halves: false },
          (kernels) => emulated(choose(kernels)),
          5e-3,
        );
        expect(used).toHaveLength(3);
      },
      1_200_000,
    );
  },
);
