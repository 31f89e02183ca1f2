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
import { SAMPLERS, drawsNoise, samplerOfScheduler, type CreateSampler } from './index.ts';

const OURS: Record<string, CreateSampler> = Object.fromEntries(
  Object.entries({
    DDIMScheduler: 'ddim',
    EulerDiscreteScheduler: 'euler',
    EulerAncestralDiscreteScheduler: 'euler-ancestral',
    DPMSolverMultistepScheduler: 'dpmpp-2m',
    PNDMScheduler: 'pndm',
    DDPMScheduler: 'ddpm',
  } as const).map(([name, sampler]) => [`diffusers.${name}`, SAMPLERS[sampler]]),
);
const RUNS = Object.entries(referenceRuns());

describe("every step of diffusers' runs, from the network's recorded outputs and the recorded noise", () => {
  it('has recordings for all of them', () => {
    expect(new Set(RUNS.map(([, run]) => run.class))).toEqual(new Set(Object.keys(OURS)));
  });

  it.each(RUNS)('%s', async (name, run) => {
    const reference = await readTensors(join(SCHEDULERS, `${name}.safetensors`));
    const schedule = createNoiseSchedule(parseSchedulerConfig(run.config));
    const sampler = OURS[run.class](schedule, run.steps, run.step_arguments);
    // Fractional ones are found by way of logarithms, in float32 there.
    const rounding = run.config['use_karras_sigmas'] === true ? 1e-6 : 0;
    const timesteps = relativeDifference(sampler.timesteps, reference.all('timesteps'));
    expect(timesteps).toBeLessThanOrEqual(rounding);
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

describe('a network that knows x0 leads to it', () => {
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

  // Of PNDM it is only true for what predicts the noise, and where each step leads to where the next begins.
  it.each(['leading', 'trailing'])('by PNDM: epsilon, %s', (timestep_spacing) => {
    const { sample, x0 } = runWithOracle('pndm', { timestep_spacing }, 10);
    expect(relativeDifference(sample, x0)).toBeLessThan(1e-4);
  });

  it.each(cases)('by Euler: $name, $config.timestep_spacing', ({ config }) => {
    const { sample, x0 } = runWithOracle('euler', config, 10);
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

  it('clips x0, not the noise that follows from it', () => {
    const output = Float32Array.of(-5, 1.5, 7);
    const { samples } = runSampler(SAMPLERS.ddim(schedule, 1), Float32Array.of(0, 0, 0), () => ({ output }));
    expect(samples[1]).toEqual(Float32Array.of(-2, 1.5, 2));
  });

  it('starts from pure noise at zero terminal SNR', () => {
    const without = createNoiseSchedule(
      parseSchedulerConfig({
        prediction_type: 'sample',
        rescale_betas_zero_snr: true,
        timestep_spacing: 'trailing',
        clip_sample: false,
      }),
    );
    const previous = without.alphasCumprod[899];
    const { samples } = runSampler(SAMPLERS.ddim(without, 10, { eta: 1 }), Float32Array.of(100), () => ({
      output: Float32Array.of(0.5),
      noise: Float32Array.of(2),
    }));
    expect(samples[1][0]).toBeCloseTo(0.5 * Math.sqrt(previous) + 2 * Math.sqrt(1 - previous), 6);
  });

  it('adds noise only with eta', () => {
    expect(drawsNoise(SAMPLERS.ddim(schedule, 5))).toBe(false);
    expect(drawsNoise(SAMPLERS.ddim(schedule, 5, { eta: 0.5 }))).toBe(true);
  });
});

describe('ancestral Euler', () => {
  it('adds noise at every step but the last', () => {
    const schedule = createNoiseSchedule(parseSchedulerConfig({}));
    const { steps } = SAMPLERS['euler-ancestral'](schedule, 3);
    expect(steps.map(({ next }) => (next.noise ?? 0) > 0)).toEqual([true, true, false]);
  });

  it('starts at a finite noise level at zero terminal SNR, like diffusers', () => {
    const config = { prediction_type: 'v_prediction', rescale_betas_zero_snr: true };
    const sampler = SAMPLERS['euler-ancestral'](createNoiseSchedule(parseSchedulerConfig(config)), 3);
    expect(sampler.initialSigma).toBeCloseTo(Math.sqrt(2 ** 24 - 1), 2);
  });
});

describe('DPM-Solver++', () => {
  it('is of second order in every step but the first and the last', () => {
    const sampler = SAMPLERS['dpmpp-2m'](createNoiseSchedule(parseSchedulerConfig({})), 4);
    const { steps } = sampler;
    expect(steps.map(({ next: { memory = [0] } }) => memory[0] !== 0)).toEqual([false, true, true, false]);
  });
});

describe("a model's own scheduler", () => {
  it.each([
    [{ _class_name: 'PNDMScheduler', skip_prk_steps: true }, 'pndm'],
    [{ _class_name: 'PNDMScheduler', skip_prk_steps: false }, undefined],
    // The default of that class.
    [{ _class_name: 'PNDMScheduler' }, undefined],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_order: 2 }, 'dpmpp-2m'],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 }, undefined],
    [{ _class_name: 'EulerAncestralDiscreteScheduler' }, 'euler-ancestral'],
    [{ _class_name: 'UniPCMultistepScheduler' }, undefined],
  ])('%j', (settings, sampler) => {
    expect(samplerOfScheduler(settings)).toBe(sampler);
  });
});

describe('PNDM', () => {
  const create = (config: object) => SAMPLERS.pndm(createNoiseSchedule(parseSchedulerConfig(config)), 10);

  it('runs the network once more than there are steps', () => {
    const { timesteps } = create({});
    expect([...timesteps.slice(0, 4)]).toEqual([900, 800, 800, 700]);
    expect(timesteps).toHaveLength(11);
  });

  it('rejects what diffusers computes differently', () => {
    expect(() => create({ skip_prk_steps: false })).toThrow('skip_prk_steps');
    expect(() => create({ rescale_betas_zero_snr: true, prediction_type: 'v_prediction' })).toThrow(
      'zero terminal SNR',
    );
  });
});
