import { evaluate, formatShape, program, type Backend, type Tensor } from '@rewardedit/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOnnxBackend } from '../onnx-backend.ts';
import { buildCases, OP_CASES } from './op-cases.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend();
});
afterAll(() => backend.dispose());

/** The largest difference, as a share of the largest expected value (at least of 1). */
function relativeError(actual: ArrayLike<number>, expected: Float64Array): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i] - value) / scale), 0);
}

function described({ op, inputs, attributes }: Tensor): string {
  return `${op.name}(${inputs.map(({ shape }) => formatShape(shape)).join(', ')}) ${JSON.stringify(attributes)}`;
}

test.each([false, true])(
  'every op gives what the float64 evaluation gives (state frozen: %s)',
  async (freeze) => {
    await fc.assert(
      fc.asyncProperty(fc.record(OP_CASES), fc.integer(), async (cases, seed) => {
        const { outputs, inputs, state: values } = buildCases(cases, seed);
        const built = program({ outputs });
        const state = await backend.createState(
          Object.fromEntries(
            Object.entries(built.state).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
          ),
        );
        for (const name of Object.keys(built.state)) await state.write(name, values[name]);
        const executable = await backend.compile(built, state, { freeze });
        const actual = await executable.run(inputs);
        const expected = evaluate(built, { inputs, state: values });
        await executable.dispose();
        await state.dispose();
        for (const [name, value] of Object.entries(expected.outputs)) {
          expect(relativeError(actual[name], value), described(outputs[name])).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 40 },
    );
  },
);
