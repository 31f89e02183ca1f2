import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { createNoiseSchedule, type NoiseSchedule } from '../noise-schedule.ts';
import { trainingTarget } from '../prediction.ts';
import {
  SCHEDULERS,
  join32,
  readTensors,
  referenceRuns,
  relativeDifference,
} from '../reference.test.helper.ts';
import { parseSchedulerConfig } from '../scheduler-config.ts';
import { runSampler } from './run-sampler.test.helper.ts';
import { SAMPLERS, ddim, drawsNoise, looksBack, type Sampler } from './index.ts';

type Create = (schedule: NoiseSchedule, steps: number, eta: number) => Sampler;

const OURS: Record<string, Create> = {
  'diffusers.DDIMScheduler': ddim,
  'diffusers.EulerAncestralDiscreteScheduler': SAMPLERS['euler-ancestral'],
  'diffusers.DPMSolverMultistepScheduler': SAMPLERS['dpmpp-2m'],
  // DDIM that draws all of its noise anew and ends without any is DDPM.
  'diffusers.DDPMScheduler': (schedule, steps) => ddim(schedule, steps, 1),
};
// Sigmas spaced as Karras does are refused by the configuration.
const RUNS = Object.entries(referenceRuns()).filter(
  ([, run]) => Object.hasOwn(OURS, run.class) && run.config['use_karras_sigmas'] !== true,
);

describe("every step of diffusers' runs, from the network's recorded outputs and the recorded noise", () => {
  it('finds them all', () => {
    expect(
      RUNS.map(([name]) => name.replace(/-\d+$/, '')).filter((name, i, all) => all[i - 1] !== name),
    ).toEqual([
      'ddim',
      'ddim-v',
      'ddim-trailing',
      'ddim-linspace',
      'ddim-alpha-one',
      'ddim-eta',
      'euler-ancestral',
      'euler-ancestral-leading',
      'euler-ancestral-trailing',
      'euler-ancestral-v',
      'dpmpp-2m',
      'dpmpp-2m-leading',
      'dpmpp-2m-trailing',
      'dpmpp-2m-v',
      'ddpm',
    ]);
  });

  it.each(RUNS)('%s', async (name, run) => {
    const reference = await readTensors(join(SCHEDULERS, `${name}.safetensors`));
    const schedule = createNoiseSchedule(parseSchedulerConfig(run.config));
    const sampler = OURS[run.class](schedule, run.steps, run.step_arguments.eta);
    expect(sampler.timesteps).toEqual(reference.all('timesteps'));
    expect(sampler.initialSigma).toBe(reference.all('init_noise_sigma')[0]);

    const outputs = reference.parts('model_output');
    const noises = reference.has('noise') ? reference.parts('noise') : [];
    const start = reference.all('initial_noise').map((value) => value * sampler.initialSigma);
    // DDPM's recorded noise ends before the last step, which draws none.
    const { samples, inputs } = runSampler(sampler, start, (step) => ({
      output: outputs[step],
      noise: noises[step],
    }));
    expect(relativeDifference(join32(inputs), reference.all('model_input'))).toBeLessThan(1e-6);
    expect(relativeDifference(join32(samples), reference.all('x'))).toBeLessThan(2e-6);
  });
});

/** What a network that knows the picture would say, at each step of a run from noise. */
function runWithOracle(name: keyof typeof SAMPLERS, config: Record<string, unknown>, steps: number) {
  const schedule = createNoiseSchedule(parseSchedulerConfig(config));
  const sampler = SAMPLERS[name](schedule, steps);
  const random = createRandom(3, 'oracle');
  const normal = () => {
    const values = new Float32Array(24);
    random.fillNormal(values);
    return values;
  };
  const x0 = normal().map((value) => Math.max(-1, Math.min(value / 2, 1)));
  const source = normal();
  const start = normal().map((value) => value * sampler.initialSigma);
  const { samples } = runSampler(sampler, start, (step, input) => {
    const timestep = sampler.timesteps[step];
    const { alpha, sigma } = mixtureOf(schedule, timestep);
    const noise = input.map((z, i) => (z - alpha * x0[i]) / sigma);
    return { output: trainingTarget(schedule, { x0, noise, timestep, source }), source, noise: normal() };
  });
  return { sample: samples.at(-1)!, x0 };
}

/** Also between two timesteps, where Euler's method goes. */
function mixtureOf({ alphasCumprod }: NoiseSchedule, timestep: number) {
  const levels = [Math.floor(timestep), Math.ceil(timestep)].map((t) => {
    const alphaBar = Math.max(alphasCumprod[t], 2 ** -24);
    return Math.sqrt((1 - alphaBar) / alphaBar);
  });
  const s = levels[0] + (levels[1] - levels[0]) * (timestep % 1);
  return { alpha: 1 / Math.sqrt(s ** 2 + 1), sigma: s / Math.sqrt(s ** 2 + 1) };
}

describe('a network that knows the picture leads to it', () => {
  const PREDICTED = {
    epsilon: {},
    v_prediction: { prediction_type: 'v_prediction' },
    sample: { prediction_type: 'sample' },
    residual: { prediction_type: 'sample', residual: true },
    'v down to no signal': { prediction_type: 'v_prediction', rescale_betas_zero_snr: true },
    'residual down to no signal': {
      prediction_type: 'sample',
      residual: true,
      beta_schedule: 'squaredcos_cap_v2',
      rescale_betas_zero_snr: true,
    },
  };
  const cases = Object.entries(PREDICTED).flatMap(([name, config]) =>
    (['linspace', 'trailing'] as const).map((timestep_spacing) => ({
      name,
      config: { ...config, timestep_spacing },
    })),
  );

  it.each(cases)('by DDIM: $name, $config.timestep_spacing', ({ config }) => {
    const { sample, x0 } = runWithOracle('ddim', config, 10);
    expect(relativeDifference(sample, x0)).toBeLessThan(1e-4);
  });

  it.each(cases)('by DPM-Solver++: $name, $config.timestep_spacing', ({ config }) => {
    const { sample, x0 } = runWithOracle('dpmpp-2m', config, 10);
    expect(relativeDifference(sample, x0)).toBeLessThan(1e-4);
  });

  it.each(cases)('by ancestral Euler: $name, $config.timestep_spacing', ({ config }) => {
    const { sample, x0 } = runWithOracle('euler-ancestral', config, 10);
    expect(relativeDifference(sample, x0)).toBeLessThan(1e-4);
  });
});

describe('ddim', () => {
  const schedule = createNoiseSchedule(
    parseSchedulerConfig({ prediction_type: 'sample', clip_sample_range: 2 }),
  );

  it('clips what it takes for the picture, not the noise that follows from it', () => {
    const output = Float32Array.of(-5, 1.5, 7);
    const { samples } = runSampler(SAMPLERS.ddim(schedule, 1), Float32Array.of(0, 0, 0), () => ({ output }));
    expect(samples[1]).toEqual(Float32Array.of(-2, 1.5, 2));
  });

  it('takes all noise anew from no signal at all', () => {
    const without = createNoiseSchedule(
      parseSchedulerConfig({
        prediction_type: 'sample',
        rescale_betas_zero_snr: true,
        timestep_spacing: 'trailing',
        clip_sample: false,
      }),
    );
    const previous = without.alphasCumprod[899];
    const { samples } = runSampler(ddim(without, 10, 1), Float32Array.of(100), () => ({
      output: Float32Array.of(0.5),
      noise: Float32Array.of(2),
    }));
    expect(samples[1][0]).toBeCloseTo(0.5 * Math.sqrt(previous) + 2 * Math.sqrt(1 - previous), 6);
  });

  it('draws noise only with eta', () => {
    expect(drawsNoise(ddim(schedule, 5))).toBe(false);
    expect(drawsNoise(ddim(schedule, 5, 0.5))).toBe(true);
  });
});

describe('ancestral Euler', () => {
  it('draws noise at every step but the last', () => {
    const schedule = createNoiseSchedule(parseSchedulerConfig({}));
    const { steps } = SAMPLERS['euler-ancestral'](schedule, 3);
    expect(steps.map(({ next }) => next.noise > 0)).toEqual([true, true, false]);
  });

  it('begins at a finite level where the schedule has no signal: what diffusers takes for none is 2^-24', () => {
    const config = { prediction_type: 'v_prediction', rescale_betas_zero_snr: true };
    const sampler = SAMPLERS['euler-ancestral'](createNoiseSchedule(parseSchedulerConfig(config)), 3);
    expect(sampler.initialSigma).toBeCloseTo(Math.sqrt(2 ** 24 - 1), 2);
  });
});

describe('DPM-Solver++', () => {
  it('looks back in every step but the first and the last', () => {
    const sampler = SAMPLERS['dpmpp-2m'](createNoiseSchedule(parseSchedulerConfig({})), 4);
    expect(sampler.steps.map(({ next }) => next.earlierPicture !== 0)).toEqual([false, true, true, false]);
    expect(looksBack(sampler)).toBe(true);
    expect(looksBack(SAMPLERS.ddim(createNoiseSchedule(parseSchedulerConfig({})), 4))).toBe(false);
  });
});
