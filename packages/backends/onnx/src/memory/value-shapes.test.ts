import { sizeOf } from '@rewardedit/graph';
import { OP_CASES, buildCases } from '@rewardedit/graph/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lower } from '../lowering/lower.ts';
import { valuesOfModel } from './value-shapes.ts';

test.each([undefined, 8])(
  'every lowering has as many elements as its tensor (blocks of %s)',
  (channelBlock) => {
    for (const fusedMatMul of [true, false]) {
      const cases = fc.sample(fc.record(OP_CASES), { numRuns: 40, seed: 7 });
      for (const [seed, each] of cases.entries()) {
        const { outputs } = buildCases(each, { seed, dtype: 'f32' });
        const { model, values: names } = lower(outputs, { frozen: new Set(), fusedMatMul, channelBlock });
        const values = valuesOfModel(model);
        for (const [name, tensor] of Object.entries(outputs)) {
          expect(sizeOf(values.get(names[name])!.shape), name).toBe(sizeOf(tensor.shape));
        }
      }
    }
  },
);
