import {
  attention,
  cast,
  evaluate,
  gradients,
  input,
  mul,
  program,
  sizeOf,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { relativeError, runProgram, someValues } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import type { DeviceTraits } from '../../codegen/shader.ts';
import { lower } from '../../lowering/lower.ts';
import { pretendedBackend } from '../../testing/device-backend.ts';
import { emulated } from '../../testing/emulated-matrices.ts';
import { testBackend } from '../../testing/test-backend.ts';

const present = await testBackend();
const LONG = process.env['REWARDEDIT_LONG'] === '1';
if (!LONG)
  process.stderr.write('\nSKIPPED: attention on emulated subgroup matrices (REWARDEDIT_LONG=1 runs it).\n\n');

/** Sizes of queries, keys and width that do not fill their tiles. */
function attended(dtype: 'f16' | 'f32', width: number): Tensor {
  const operand = (name: string, length: number) => cast(input(name, [2, length, width]), dtype);
  const [q, k, v] = [operand('q', 21), operand('k', 45), operand('v', 45)];
  const mask = input('mask', [21, 45]);
  return cast(mul(attention(q, k, v, { scale: width ** -0.5, ...(dtype === 'f32' && { mask }) }), 2), 'f32');
}

/** The gradients of a loss that weights each element of the result differently. */
function attendedGradients(dtype: 'f16' | 'f32', width: number): Record<string, Tensor> {
  const operands = { q: 21, k: 45, v: 45 };
  const leaves = Object.entries(operands).map(([name, length]) => input(name, [2, length, width]));
  const [q, k, v] = leaves.map((leaf) => cast(leaf, dtype));
  const y = cast(attention(q, k, v, { scale: width ** -0.5 }), 'f32');
  const found = gradients(sum(mul(y, input('weights', y.shape))), leaves);
  return Object.fromEntries(Object.keys(operands).map((name, i) => [`d${name}`, found[i]]));
}

const gpu: DeviceTraits = {
  halves: true,
  software: false,
  maxStorageBuffers: 16,
  workgroupMemory: 49152,
  matrices: { order: 'template', subgroup: 32 },
};

/** The variants of the attention in a program; the first is the default. */
function bodiesOn(traits: DeviceTraits, dtype: 'f16' | 'f32', width: number): (string | undefined)[] {
  const { steps } = lower(program({ outputs: { y: attended(dtype, width) } }), traits);
  const found = steps.find(({ label }) => label.startsWith('attention'))!;
  return [found, ...(found.alternatives?.() ?? [])].map(({ body }) => body);
}

describe('subgroup matrices are used', () => {
  test('for f16 attention with a width of whole vectors that fits in workgroup memory', () => {
    expect(bodiesOn(gpu, 'f16', 40)).toEqual(['matrices', 'query by query']);
    expect(bodiesOn(gpu, 'f16', 160)).toEqual(['matrices', 'query by query']);
    expect(bodiesOn(gpu, 'f32', 40)).toEqual(['query by query']);
    expect(bodiesOn(gpu, 'f16', 6)).toEqual(['query by query']);
    expect(bodiesOn({ ...gpu, workgroupMemory: 4096 }, 'f16', 40)).toEqual(['query by query']);
    expect(bodiesOn({ ...gpu, matrices: undefined }, 'f16', 40)).toEqual(['query by query']);
  });

  test('and for its gradients', () => {
    const bodies = (dtype: 'f16' | 'f32', width: number) => {
      const { steps } = lower(program({ outputs: attendedGradients(dtype, width) }), gpu);
      return steps.filter(({ label }) => label.includes('gradient of')).map(({ body }) => body);
    };
    for (const width of [8, 40, 160]) expect(bodies('f16', width)).toEqual(Array(3).fill('matrices'));
    expect(bodies('f32', 40)).toEqual(Array(3).fill('row by row'));
    expect(bodies('f16', 6)).toEqual(Array(3).fill('row by row'));
  });
});

// Without subgroup matrices, their functions are emulated in WGSL, which compiles slowly.
describe.skipIf(!present || !LONG)('attention on matrices equals the float64 evaluation', () => {
  test.each([20, 16])(
    'for width %i',
    async (width) => {
      const used: (string | undefined)[] = [];
      // Two subgroups show what several do, and compile in half the time of four.
      const pretended = {
        ...gpu,
        workgroupMemory: 12_000,
        matrices: { order: 'argument', subgroup: 32 } as const,
        halves: false,
      };
      const backend = await pretendedBackend(pretended, ([kernel]) => {
        used.push(kernel.body);
        return emulated(kernel);
      });
      const built = program({ outputs: { y: attended('f16', width) } });
      const inputs = Object.fromEntries(
        Object.entries(built.inputs).map(([name, { shape }], i) => [
          name,
          someValues(
            shape.reduce((p, q) => p * q),
            i + 1,
          ),
        ]),
      );
      const { y } = await runProgram(backend, built, { inputs });
      expect(relativeError(y, evaluate(built, { inputs }).outputs.y)).toBeLessThan(3e-3);
      expect(used).toContain('matrices');
      await backend.dispose();
    },
    600_000,
  );

  // The emulated gradients of queries and keys with partly filled matrices exceed SwiftShader's stack.
  test.each([
    { width: 16, names: ['dq', 'dk', 'dv'] },
    { width: 20, names: ['dv'] },
  ])('and so do the gradients $names, for width $width', { timeout: 1_800_000 }, async ({ width, names }) => {
    const used: (string | undefined)[] = [];
    const pretended = {
      ...gpu,
      workgroupMemory: 20_000,
      matrices: { order: 'argument', subgroup: 32 } as const,
      halves: false,
    };
    const backend = await pretendedBackend(pretended, (kernels) => {
      if (!kernels[0].label.includes('gradient of')) return kernels.at(-1)!;
      used.push(kernels[0].body);
      return emulated(kernels[0]);
    });
    const all = attendedGradients('f16', width);
    const built = program({ outputs: Object.fromEntries(names.map((name) => [name, all[name]])) });
    const inputs = Object.fromEntries(
      Object.entries(built.inputs).map(([name, { shape }], i) => [name, someValues(sizeOf(shape), i + 1)]),
    );
    const actual = await runProgram(backend, built, { inputs });
    for (const [name, expected] of Object.entries(evaluate(built, { inputs }).outputs))
      expect(relativeError(actual[name], expected), name).toBeLessThan(5e-3);
    expect(used).toEqual(names.map(() => 'matrices'));
    await backend.dispose();
  });
});
