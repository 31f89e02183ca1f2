import {
  add,
  constant,
  conv2d,
  evaluate,
  gradients,
  groupNorm,
  input,
  layerNorm,
  matmul,
  mul,
  normalize,
  program,
  silu,
  sizeOf,
  sum,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { buildCases, OP_CASES, relativeError, runProgram, someValues } from '@rewardedit/graph/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KernelStep } from '../codegen/shader.ts';
import { LARGE_GPU } from '../plan/program-plan.ts';
import { pretendedBackend } from '../testing/device-backend.ts';
import { testBackend } from '../testing/test-backend.ts';
import { lower } from './lower.ts';

const present = await testBackend();

/** A weight and a bias for this many channels. */
const affine = ({ dtype }: Tensor, channels: number) =>
  [1.5, 0.25].map((value) => constant(value, [channels], dtype));
/** Nonzero for a zero operand, so the padding of a convolution must be masked. */
function groups(x: Tensor): Tensor {
  const [weight, bias] = affine(x, x.shape[1]);
  return groupNorm(x, 2, weight, bias, 1e-3);
}

function layer(x: Tensor): Tensor {
  const [weight, bias] = affine(x, x.shape.at(-1)!);
  return layerNorm(x, weight, bias, 1e-3);
}

/**
 * Labels of kernels other than statistics and products: those that store what could be computed as it is
 * loaded.
 */
function passes(outputs: Record<string, Tensor>): string[] {
  const { steps } = lower(program({ outputs }), LARGE_GPU.traits);
  return steps.map(({ label }) => label).filter((label) => !/^(matmul|conv2d|normalization|sum)/.test(label));
}

describe('a normalization is folded into the load', () => {
  const tokens = input('tokens', [4, 4096, 320], 'f16');
  const weights = (name: string, width: number) => input(name, [320, width], 'f16');

  test('by the products for queries, keys and values, so nothing else is stored', () => {
    const normalized = layer(tokens);
    const three = ['q', 'k', 'v'].map((name) => [name, matmul(normalized, weights(name, 320))] as const);
    expect(passes(Object.fromEntries(three))).toEqual([]);
  });

  test('but not if it would be recomputed too often', () => {
    expect(passes({ wide: matmul(layer(tokens), weights('w', 2560)) })).toHaveLength(1);
    const pixels = input('pixels', [2, 320, 16, 16], 'f16');
    const kernel = input('kernel', [320, 320, 3, 3], 'f16');
    expect(passes({ y: conv2d(silu(groups(pixels)), kernel, { padding: 1 }) })).toHaveLength(1);
    expect(passes({ y: conv2d(groups(pixels), input('one', [320, 320, 1, 1], 'f16')) })).toEqual([]);
  });

  test('and an activation becomes an epilogue of its producer', () => {
    const hidden = silu(matmul(tokens, weights('w', 64)));
    const { steps } = lower(
      program({ outputs: { y: matmul(hidden, input('v', [64, 64], 'f16')) } }),
      LARGE_GPU.traits,
    );
    expect(steps.map(({ wgsl }) => wgsl.includes('exp('))).toEqual([true, false]);
  });
});

test('gradients recompute a normalization and its activation from its operand', () => {
  const x = input('x', [2, 32, 16, 16]);
  const y = silu(groups(x));
  const [dx] = gradients(sum(mul(y, mul(y, y))), [x]);
  const { steps } = lower(program({ outputs: { dx } }), LARGE_GPU.traits);
  const stored = new Set(
    steps.flatMap(({ written }) => written.filter(({ shape }) => sizeOf(shape) >= sizeOf(x.shape))),
  );
  // The result, and the gradient with respect to the normalized values, which is summed before it is used.
  expect(stored.size).toBeLessThanOrEqual(2);
});

describe.skipIf(!present)(
  'values computed as they are loaded equal the float64 evaluation',
  { timeout: 300_000 },
  () => {
    /** Compares with the float64 evaluation, on the device as it is or treated as a GPU. */
    async function check(
      built: Program,
      values: Parameters<typeof runProgram>[2],
      choose?: (kernels: readonly KernelStep[]) => KernelStep,
    ): Promise<void> {
      const backend = choose ? await pretendedBackend({ software: false }, choose) : present!;
      const actual = await runProgram(backend, built, values);
      for (const [name, expected] of Object.entries(evaluate(built, values).outputs))
        expect(relativeError(actual[name], expected), name).toBeLessThan(1e-5);
      if (choose) await backend.dispose();
    }

    async function checkInputs(
      outputs: Record<string, Tensor>,
      choose?: (kernels: readonly KernelStep[]) => KernelStep,
    ): Promise<void> {
      const built = program({ outputs });
      const inputs = Object.fromEntries(
        Object.entries(built.inputs).map(([name, { shape }], i) => [name, someValues(sizeOf(shape), i)]),
      );
      await check(built, { inputs }, choose);
    }

    test('in any product or convolution and their gradients', async () => {
      const { matmul: products, conv2d: convolutions, ...others } = OP_CASES;
      const cases = fc.record({
        products,
        convolutions,
        inputGradients: others.conv2dInputGradient,
        weightGradients: others.conv2dWeightGradient,
      });
      const property = fc.asyncProperty(cases, fc.nat(), async (drawn, seed) => {
        const wrapped = Object.entries(drawn).map(
          ([name, build]) =>
            [
              name,
              (leaf: Parameters<typeof build>[0]) =>
                build((...given) => add(mul(normalize(leaf(...given), 0.01), 1.5), 0.25)),
            ] as const,
        );
        const { outputs, ...values } = buildCases(Object.fromEntries(wrapped), { seed });
        await check(program({ outputs }), values);
      });
      // Shrinking a counterexample would compile kernels for minutes.
      await fc.assert(property, { numRuns: 3, endOnFailure: true });
    });

    test('in workgroup tiles and skinny products', async () => {
      const outputs = {
        tokens: matmul(layer(input('tokens', [2, 36, 20])), input('a', [20, 44])),
        few: matmul(normalize(input('few', [3, 24]), 1e-3), input('c', [8, 24]), { transposeB: true }),
      };
      const used: (string | undefined)[] = [];
      await checkInputs(outputs, (kernels) => {
        const found = kernels.find(({ body }) => body?.startsWith('workgroup tile 32')) ?? kernels[0];
        used.push(found.body ?? found.label);
        return found;
      });
      const products = used.filter((each) => each !== 'normalization (moments)');
      expect(new Set(products)).toEqual(new Set(['skinny', 'workgroup tile 32x32']));
    });

    test('in a convolution with padding', () =>
      checkInputs({
        y: conv2d(groups(input('pixels', [1, 8, 6, 6])), input('kernel', [4, 8, 3, 3]), { padding: 1 }),
      }));
  },
);
