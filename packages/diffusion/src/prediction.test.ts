import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addNoise, createNoiseSchedule, mixtureAt } from './noise-schedule.ts';
import { PREDICTIONS, predictionOf, trainingTarget, type LinearForm } from './prediction.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

/** Configurations that predict each of the things, the last three down to no signal at all. */
const CONFIGS = {
  epsilon: { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 },
  v_prediction: { prediction_type: 'v_prediction', rescale_betas_zero_snr: true },
  sample: { prediction_type: 'sample', rescale_betas_zero_snr: true },
  residual: { prediction_type: 'sample', residual: true, rescale_betas_zero_snr: true },
};

const values = fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 });
const picture = values.map((numbers) => Float32Array.from(numbers));

describe.each(Object.entries(CONFIGS))('%s', (name, config) => {
  const schedule = createNoiseSchedule(parseSchedulerConfig(config));

  it('recovers x0 and noise from its training target, at every timestep', () => {
    fc.assert(
      fc.property(picture, picture, picture, fc.nat(999), (x0, noise, source, timestep) => {
        const mixture = mixtureAt(schedule, timestep);
        const z = addNoise(schedule, x0, noise, timestep);
        const output = trainingTarget(schedule, { x0, noise, timestep, source });
        const prediction = predictionOf(schedule.config);
        for (let i = 0; i < x0.length; i++) {
          const found = (form: LinearForm) =>
            form.output * output[i] + form.sample * z[i] + form.source * source[i];
          // Dividing by a small alpha or sigma multiplies the rounding of z.
          expect(Math.abs(found(prediction.x0(mixture)) - x0[i])).toBeLessThan(1e-5);
          expect(Math.abs(found(prediction.epsilon(mixture)) - noise[i])).toBeLessThan(1e-6 / mixture.sigma);
        }
      }),
    );
  });

  it('weights errors of x0 as declared', () => {
    const { x0, weight } = PREDICTIONS[name as keyof typeof PREDICTIONS];
    for (const timestep of [1, 300, 998]) {
      const mixture = mixtureAt(schedule, timestep);
      const error = x0(mixture).output * (0.7 - 0.2);
      expect((weight(mixture) * error ** 2) / 0.5 ** 2).toBeCloseTo(1, 6);
    }
  });
});

it('is defined at zero terminal SNR', () => {
  const schedule = createNoiseSchedule(parseSchedulerConfig(CONFIGS.v_prediction));
  const [x0, noise] = [Float32Array.of(0.5, -1), Float32Array.of(2, 0.25)];
  const target = trainingTarget(schedule, { x0, noise, timestep: 999, source: x0 });
  expect(target).toEqual(Float32Array.of(-0.5, 1));
  const { x0: picture, epsilon } = predictionOf(schedule.config);
  const mixture = mixtureAt(schedule, 999);
  expect(picture(mixture)).toEqual({ output: -1, sample: 0, source: 0 });
  expect(epsilon(mixture)).toEqual({ output: 0, sample: 1, source: 0 });
});
