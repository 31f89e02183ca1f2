import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { constant } from '../ops/leaf.ts';
import { program } from '../program.ts';
import { readReference } from '../testing/adamw-reference.ts';
import { emaDecay, emaUpdates, type EmaSettings } from './moving-average.ts';

test('the average moves towards the new value by 1 - decay', () => {
  const updates = emaUpdates({ w: constant(Float32Array.of(10, 20), [2]) });
  const { state } = evaluate(program({ outputs: {}, updates }), {
    inputs: { ema_decay: [0.75] },
    state: { 'ema.w': [2, 20] },
  });
  expect(state).toEqual({ 'ema.w': Float64Array.of(4, 20) });
});

const { ema } = readReference();

test.each(Object.keys(ema))('the decay equals diffusers: %s', (variant) => {
  const { arguments: given, decay_used_at_step, decay_at } = ema[variant];
  const settings: EmaSettings = {
    decay: given.decay,
    ...(given.use_ema_warmup !== undefined && { useWarmup: given.use_ema_warmup }),
    ...(given.inv_gamma !== undefined && { invGamma: given.inv_gamma }),
    ...(given.power !== undefined && { power: given.power }),
    ...(given.update_after_step !== undefined && { updateAfterStep: given.update_after_step }),
    ...(given.min_decay !== undefined && { minDecay: given.min_decay }),
  };
  const expected = [
    ...decay_used_at_step.map((decay, i) => [i + 1, decay] as const),
    ...Object.entries(decay_at),
  ];
  expect(expected.length).toBeGreaterThan(10);
  for (const [step, decay] of expected) expect(emaDecay(Number(step), settings)).toBeCloseTo(decay, 14);
});
