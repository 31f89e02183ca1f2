import { describe, expect, it } from 'vitest';
import { parseSchedulerConfig } from './scheduler-config.ts';

describe('configurations of published models', () => {
  it('InstructPix2Pix', () => {
    const config = parseSchedulerConfig({
      _class_name: 'EulerAncestralDiscreteScheduler',
      _diffusers_version: '0.12.0.dev0',
      beta_end: 0.012,
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      clip_sample: false,
      num_train_timesteps: 1000,
      prediction_type: 'epsilon',
      set_alpha_to_one: false,
      skip_prk_steps: true,
      steps_offset: 1,
      trained_betas: null,
    });
    expect(config).toMatchObject({ beta_start: 0.00085, clip_sample: false, prediction_type: 'epsilon' });
    // Each sampler has its own.
    expect(config.timestep_spacing).toBeUndefined();
  });

  it("diffusers' multistep solver with its own settings", () => {
    const config = parseSchedulerConfig({
      _class_name: 'DPMSolverMultistepScheduler',
      algorithm_type: 'dpmsolver++',
      beta_schedule: 'squaredcos_cap_v2',
      dynamic_thresholding_ratio: 0.995,
      euler_at_final: false,
      lambda_min_clipped: '-inf',
      lower_order_final: true,
      prediction_type: 'v_prediction',
      solver_order: 2,
      thresholding: false,
      use_karras_sigmas: false,
      variance_type: null,
    });
    expect(config).toMatchObject({ beta_schedule: 'squaredcos_cap_v2', prediction_type: 'v_prediction' });
  });
});

it('has the defaults of the class that it names', () => {
  expect(parseSchedulerConfig({ _class_name: 'DDIMScheduler' }).set_alpha_to_one).toBe(true);
  const pndm = { _class_name: 'PNDMScheduler' };
  expect(parseSchedulerConfig(pndm)).toMatchObject({ set_alpha_to_one: false, skip_prk_steps: false });
  expect(parseSchedulerConfig({ ...pndm, set_alpha_to_one: true }).set_alpha_to_one).toBe(true);
});

describe('rejects unsupported settings with key and value', () => {
  it.each([
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule is "sigmoid"'],
    [{ prediction_type: 'flow_prediction' }, 'prediction_type is "flow_prediction"'],
    [{ timestep_spacing: 'karras' }, 'timestep_spacing is "karras"'],
    [{ num_train_timesteps: 1 }, 'num_train_timesteps is 1'],
    [{ beta_end: 1.5 }, 'beta_end is 1.5'],
    [{ thresholding: true }, 'thresholding is true: only false is supported'],
    [{ use_karras_sigmas: 7 }, 'use_karras_sigmas is 7'],
    [{ variance_type: 'large' }, 'variance_type is "large"'],
    [{ interpolation_type: 'log_linear' }, 'interpolation_type is "log_linear": only "linear"'],
    [{ timestep_type: 'continuous' }, 'timestep_type is "continuous"'],
    [{ trained_betas: [0.1, 0.2] }, 'trained_betas is [0.1,0.2]: expected one beta for each'],
    [{ num_train_timesteps: 2, trained_betas: [0.1, 0] }, 'trained_betas is [0.1,0]'],
    [{ num_train_timesteps: 2, trained_betas: [0.1, 1] }, 'trained_betas is [0.1,1]'],
    [{ residual: true }, 'residual is true: only with prediction_type "sample"'],
    [{ rescale_betas_zero_snr: true }, 'rescale_betas_zero_snr is true: not with prediction_type "epsilon"'],
    // A flow-matching model's, and a misspelt one.
    [{ _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3 }, 'shift is 3: this option'],
    [{ prediction_typ: 'sample' }, 'prediction_typ is "sample"'],
    ['epsilon', 'not a JSON object'],
  ])('%j', (config, message) => {
    const parse = () => parseSchedulerConfig(config, 'some/file.json');
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-input', where: 'some/file.json' }));
  });

  it('all at once', () => {
    expect(() => parseSchedulerConfig({ shift: 3, beta_start: 0, steps_offset: -1 })).toThrow(
      /beta_start is 0.*steps_offset is -1.*shift is 3/,
    );
  });
});
