import { RewardEditError } from '@rewardedit/core';
import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import type { Sampler, StepSum } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/** Number of earlier outputs carried over, latest first; the initial sample of the run follows them. */
const OUTPUTS = 3;

/** Adams-Bashforth weights of the current and earlier outputs, by number of earlier outputs. */
const WEIGHTS: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/**
 * Pseudo numerical methods on manifolds (Liu et al., arXiv 2202.09778) in the linear multistep form of Stable Diffusion, equivalent to
 * diffusers' `PNDMScheduler` with `skip_prk_steps`. The second timestep is visited twice: the first step is repeated with the mean of
 * the outputs at both of its ends, so the network runs once more than there are steps.
 *
 * @throws RewardEditError 'bad-input' for a schedule with Runge-Kutta steps at the start, or with zero terminal SNR.
 */
export function pndm({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  if (!config.skip_prk_steps) {
    throw new RewardEditError('bad-input', 'PNDM is only supported with skip_prk_steps', {
      where: 'scheduler/scheduler_config.json',
      hint: 'Choose another sampler, such as ddim, which solves the same equation.',
    });
  }
  if (config.rescale_betas_zero_snr) {
    throw new RewardEditError(
      'bad-input',
      'PNDM cannot start at zero terminal SNR (rescale_betas_zero_snr)',
      {
        where: 'scheduler/scheduler_config.json',
        hint: 'Choose another sampler, such as ddim.',
      },
    );
  }
  const spacing = config.timestep_spacing ?? 'leading';
  const spaced = spacedTimesteps(config, spacing, steps).map(roundHalfToEven);
  const timesteps = [...spaced.slice(0, 2), ...spaced.slice(1)];
  const stride = Math.floor(config.num_train_timesteps / steps);
  const last = config.set_alpha_to_one ? 1 : alphasCumprod[0];
  const alphaBarAt = (t: number) => (t >= 0 ? alphasCumprod[t] : last);
  const prediction = predictionOf(config);

  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    memories: OUTPUTS + 1,
    steps: timesteps.map((timestep, step) => {
      const isRepeated = step === 1;
      const t = isRepeated ? timestep + stride : timestep;
      const [alphaBar, previous] = [alphaBarAt(t), alphaBarAt(isRepeated ? timestep : timestep - stride)];
      const mixture = { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
      const weights = isRepeated ? [1 / 2, 1 / 2] : WEIGHTS[Math.min(step === 0 ? 0 : step - 1, OUTPUTS)];
      // Equation 11 of the paper.
      const kept = Math.sqrt(previous / alphaBar);
      const taken =
        -(previous - alphaBar) /
        (alphaBar * Math.sqrt(1 - previous) + Math.sqrt(alphaBar * (1 - alphaBar) * previous));
      const epsilon = prediction.epsilon(mixture);
      const sample = kept + taken * epsilon.sample;
      const [current, ...earlier] = weights.map((weight) => taken * epsilon.output * weight);
      const outputs = Array.from({ length: OUTPUTS }, (_, i) => earlier[i] ?? 0);
      const own: StepSum = isRepeated ? { memory: [...outputs, sample] } : { sample, memory: outputs };
      return {
        inputScale: 1,
        picture: prediction.x0({
          alpha: Math.sqrt(alphaBarAt(timestep)),
          sigma: Math.sqrt(1 - alphaBarAt(timestep)),
        }),
        limit: Infinity,
        next: { ...own, output: current, source: taken * epsilon.source },
        remembered: isRepeated ? KEPT : SHIFTED,
      };
    }),
  };
}

/** Carries over a memory unchanged. */
function memoryOf(index: number): StepSum {
  return { memory: Array.from({ length: OUTPUTS + 1 }, (_, i) => (i === index ? 1 : 0)) };
}

/** The output of the repeated step is not carried over. */
const KEPT: readonly StepSum[] = Array.from({ length: OUTPUTS + 1 }, (_, i) => memoryOf(i));
/** Shifts the outputs by one and keeps the sample, in case the next step repeats this one. */
const SHIFTED: readonly StepSum[] = [{ output: 1 }, memoryOf(0), memoryOf(1), { sample: 1 }];
