/**
 * Clipping, AdamW and moving averages against a run of PyTorch and diffusers (`fixtures/reference/adamw`).
 */
import { describe, expect, test } from 'vitest';
import { evaluate, type Values } from '../evaluate.ts';
import { input, state } from '../ops/leaf.ts';
import { program } from '../program.ts';
import { mapTensors, type NamedTensors } from '../tensor.ts';
import { readReference, readReferenceTensors, type ReferenceTensor } from '../testing/adamw-reference.ts';
import { adamwScalars, adamwUpdates } from './adamw-updates.ts';
import { clipByGlobalNorm } from './gradient-clipping.ts';
import { emaUpdates } from './moving-average.ts';

const NAMES = ['weight', 'bias', 'conv', 'scalar', 'frozen_like'];
const { adamw: settings, ema } = readReference();

/** Clipping, AdamW and the average alone: gradients are inputs. */
function optimizerProgram(tensors: Readonly<Record<string, ReferenceTensor>>) {
  const named = (leaf: (name: string, shape: readonly number[]) => NamedTensors[string]): NamedTensors =>
    Object.fromEntries(NAMES.map((name) => [name, leaf(name, tensors[`initial.${name}`].shape)]));
  const parameters = named((name, shape) => state(name, shape));
  const { gradients, norm } = clipByGlobalNorm(
    named((name, shape) => input(`given.${name}`, shape)),
    settings.max_norm,
  );
  const updates = adamwUpdates({
    parameters,
    gradients,
    betas: settings.betas,
    epsilon: settings.eps,
    weightDecay: settings.weight_decay,
  });
  const averages = emaUpdates(mapTensors(parameters, (_, name) => updates[name]));
  return program({ outputs: { ...gradients, norm }, updates: { ...updates, ...averages } });
}

describe.each([
  ['adamw.safetensors', 1e-6],
  ['adamw_float64.safetensors', 1e-12],
])('%s', (file, tolerance) => {
  const tensors = readReferenceTensors(file);
  const step = optimizerProgram(tensors);

  function expectTensor(actual: Float64Array, name: string): void {
    const expected = tensors[name].values;
    expect(actual).toHaveLength(expected.length);
    const differences = actual.map((value, i) => Math.abs(value - expected[i]));
    expect({ name, exceeded: Math.max(...differences) > tolerance }).toEqual({ name, exceeded: false });
  }

  test.each(Object.keys(ema))('five steps equal the reference, with the moving average "%s"', (variant) => {
    let values: Values = Object.fromEntries(
      NAMES.flatMap((name) => {
        const initial = tensors[`initial.${name}`].values;
        const zeros = new Float64Array(initial.length);
        return [
          [name, initial],
          [`adamw.exp_avg.${name}`, zeros],
          [`adamw.exp_avg_sq.${name}`, zeros],
          [`ema.${name}`, initial],
        ];
      }),
    );
    for (let n = 1; n <= settings.steps; n++) {
      const { correction1, correction2 } = adamwScalars(n, settings.betas);
      const { outputs, state } = evaluate(step, {
        inputs: {
          learning_rate: [settings.lr],
          correction1: [correction1],
          correction2: [correction2],
          ema_decay: [ema[variant].decay_used_at_step[n - 1]],
          ...Object.fromEntries(
            NAMES.map((name) => [`given.${name}`, tensors[`step${n}.grad.${name}`].values]),
          ),
        },
        state: values,
      });
      values = state;
      const norm = tensors['grad_norms'].values[n - 1];
      expect(Math.abs(outputs['norm'][0] - norm) / norm).toBeLessThanOrEqual(tolerance);
      for (const name of NAMES) {
        expectTensor(outputs[name], `step${n}.clipped.${name}`);
        expectTensor(state[name], `step${n}.param.${name}`);
        expectTensor(state[`adamw.exp_avg.${name}`], `step${n}.exp_avg.${name}`);
        expectTensor(state[`adamw.exp_avg_sq.${name}`], `step${n}.exp_avg_sq.${name}`);
        expectTensor(state[`ema.${name}`], `step${n}.ema.${variant}.${name}`);
      }
    }
  });
});
