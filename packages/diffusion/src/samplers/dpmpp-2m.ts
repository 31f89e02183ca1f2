import type { NoiseSchedule } from '../noise-schedule.ts';
import { predictionOf } from '../prediction.ts';
import { karrasLevels, mixtureAtLevel, noiseLevels, timestepAt } from './noise-levels.ts';
import type { Sampler } from './sampler.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

/**
 * DPM-Solver++(2M) (Lu et al., arXiv 2211.01095, algorithm 2, in the midpoint form), equivalent to diffusers' `DPMSolverMultistepScheduler`
 * with its defaults or with Karras sigmas. Second order from the previous step's x0; first order in the first step, and in the last
 * one, which ends at zero noise.
 */
export function dpmpp2m(schedule: NoiseSchedule, steps: number): Sampler {
  const { timesteps, levels } = spaced(schedule, steps);
  const prediction = predictionOf(schedule.config);
  return {
    timesteps: Float32Array.from(timesteps),
    initialSigma: 1,
    memories: 1,
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
        next: { sample: to.sigma / from.sigma, picture: gain * (1 + slope), memory: [-gain * slope] },
        remembered: [{ picture: 1 }],
      };
    }),
  };
}

/** Returns the timesteps, and their noise levels followed by 0. */
function spaced({ config, alphasCumprod }: NoiseSchedule, steps: number) {
  const spacing = config.timestep_spacing ?? 'linspace';
  // As if there were one more step, from the first timestep to zero noise.
  const fractional =
    spacing === 'trailing'
      ? spacedTimesteps(config, spacing, steps)
      : spacedTimesteps(config, spacing, steps + 1).slice(0, -1);
  const table = noiseLevels(alphasCumprod);
  if (config.use_karras_sigmas) {
    // Over the noise levels of the whole schedule, whatever the spacing of timesteps.
    const levels = karrasLevels(table[table.length - 1], table[0], steps);
    const timesteps = levels.map((level) => roundHalfToEven(timestepAt(table, level)));
    return { timesteps, levels: [...levels.map(Math.fround), 0] };
  }
  const timesteps = fractional.map(roundHalfToEven);
  return { timesteps, levels: [...timesteps.map((t) => table[t]), 0] };
}
