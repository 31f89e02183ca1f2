import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addNoise, createNoiseSchedule, mixtureAt, velocity } from './noise-schedule.ts';
import { SCHEDULERS, join32, readTensors, relativeDifference } from './reference.test.helper.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

const STABLE_DIFFUSION = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };

function scheduleOf(config: Record<string, unknown>) {
  return createNoiseSchedule(parseSchedulerConfig({ prediction_type: 'v_prediction', ...config }));
}

describe("Stable Diffusion's schedule", () => {
  it('equals PyTorch bit for bit', async () => {
    const tables = await readTensors(join(SCHEDULERS, 'tables.safetensors'));
    const { betas, alphasCumprod } = scheduleOf(STABLE_DIFFUSION);
    expect(betas).toEqual(tables.all('betas'));
    expect(alphasCumprod).toEqual(tables.all('alphas_cumprod'));
  });

  it('adds noise and computes velocities like the reference', async () => {
    const reference = await readTensors(join(SCHEDULERS, 'add_noise.safetensors'));
    const schedule = scheduleOf(STABLE_DIFFUSION);
    const noise = reference.parts('noise');
    const timesteps = reference.all('timesteps');
    const original = reference.parts('original');
    const noisy = original.map((x0, i) => addNoise(schedule, x0, noise[i], timesteps[i]));
    const velocities = original.map((x0, i) => velocity(schedule, x0, noise[i], timesteps[i]));
    expect(relativeDifference(join32(noisy), reference.all('noisy'))).toBeLessThan(2e-7);
    expect(relativeDifference(join32(velocities), reference.all('velocity'))).toBeLessThan(2e-7);
  });
});

describe('the signal at the last timestep', () => {
  // sqrt(alphaBar) in table 1 of Lin et al., arXiv 2305.08891.
  it.each([
    ['linear', {}, 6.353e-3],
    ['scaled_linear', STABLE_DIFFUSION, 0.068265],
    ['squaredcos_cap_v2', { beta_schedule: 'squaredcos_cap_v2' }, 4.928e-5],
  ])("of %s equals the paper's", (_, config, expected) => {
    const { alpha } = mixtureAt(scheduleOf(config), 999);
    expect(alpha / expected).toBeCloseTo(1, 3);
  });
});

describe('rescale_betas_zero_snr', () => {
  it.each([[STABLE_DIFFUSION], [{}], [{ beta_schedule: 'squaredcos_cap_v2' }]])(
    'leaves no signal at the end of %j, all of it at the start, and is linear in sqrt(alphaBar)',
    (config) => {
      const plain = scheduleOf(config);
      const rescaled = scheduleOf({ ...config, rescale_betas_zero_snr: true });
      expect(mixtureAt(rescaled, 999)).toEqual({ alpha: 0, sigma: 1 });
      expect(rescaled.betas[999]).toBe(1);
      const [first, last] = [mixtureAt(plain, 0).alpha, mixtureAt(plain, 999).alpha];
      for (const t of [0, 1, 250, 500, 900, 998]) {
        const expected = ((mixtureAt(plain, t).alpha - last) * first) / (first - last);
        expect(mixtureAt(rescaled, t).alpha).toBeCloseTo(expected, 5);
      }
    },
  );
});

it('accepts explicit betas', () => {
  const { betas, alphasCumprod } = scheduleOf({ num_train_timesteps: 3, trained_betas: [0.5, 0.25, 0.75] });
  expect([...betas]).toEqual([0.5, 0.25, 0.75]);
  expect([...alphasCumprod]).toEqual([0.5, 0.375, 0.09375]);
});

it('has noise at every timestep', () => {
  const smallest = { beta_start: 1e-7, num_train_timesteps: 2 };
  const cosine = { beta_schedule: 'squaredcos_cap_v2' };
  for (const config of [STABLE_DIFFUSION, smallest, cosine, { ...cosine, num_train_timesteps: 100_000 }]) {
    expect(Math.max(...scheduleOf(config).alphasCumprod)).toBeLessThan(1);
  }
});

it('rejects a timestep out of range', () => {
  const schedule = scheduleOf(STABLE_DIFFUSION);
  for (const timestep of [-1, 0.5, 1000]) {
    expect(() => mixtureAt(schedule, timestep)).toThrow(`no timestep ${timestep}`);
  }
});
