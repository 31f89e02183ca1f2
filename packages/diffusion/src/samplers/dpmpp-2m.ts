import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import { mixtureAtLevel, noiseLevels } from './noise-levels.ts';
import type { Sampler } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/**
 * DPM-Solver++(2M) (Lu et al., arXiv 2211.01095, algorithm 2, in the midpoint form), equal to diffusers'
 * `DPMSolverMultistepScheduler` as it is configured by default: of second order by looking back at the picture of the step before,
 * of first order in the first step and in the last, which leads to no noise at all.
 */
export function dpmpp2m({ config, alphasCumprod }: NoiseSchedule, steps: number): Sampler {
  const spacing = config.timestep_spacing ?? 'linspace';
  // Spaced as if there were one step more, which would lead from the first timestep to no noise.
  const spaced =
    spacing === 'trailing'
      ? spacedTimesteps(config, spacing, steps)
      : spacedTimesteps(config, spacing, steps + 1).slice(0, -1);
  const timesteps = spaced.map(roundHalfToEven);
  const table = noiseLevels(alphasCumprod);
  const levels = [...timesteps.map((t) => table[t]), 0];
  const prediction = predictionOf(config);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    steps: timesteps.map((_, step) => {
      const [before, s, next] = [levels[step - 1], levels[step], levels[step + 1]];
      const [from, to] = [mixtureAtLevel(s), mixtureAtLevel(next)];
      // With lambda = -log s, the paper's 1 - e^-h is 1 - next / s, and its 1 / 2r is h / 2h of the step before.
      const gain = to.alpha * (1 - next / s);
      const isSecondOrder = step > 0 && next > 0;
      const slope = isSecondOrder ? Math.log(s / next) / (2 * Math.log(before / s)) : 0;
      return {
        inputScale: 1,
        picture: prediction.x0(from),
        limit: Infinity,
        next: {
          output: 0,
          sample: to.sigma / from.sigma,
          source: 0,
          picture: gain * (1 + slope),
          earlierPicture: isSecondOrder ? -gain * slope : 0,
          noise: 0,
        },
      };
    }),
  };
}
