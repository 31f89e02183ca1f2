import type { SchedulerConfig } from './scheduler-config.ts';

/**
 * A noise schedule over the timesteps t = 0 ... T - 1. The tables are in float32 and match PyTorch bit for bit as far as possible,
 * because networks were trained with those values.
 */
export interface NoiseSchedule {
  readonly config: SchedulerConfig;
  /** beta_t, the variance of the noise added at timestep t. */
  readonly betas: Float32Array;
  /** alphaBar_t, the product of 1 - beta up to t: the variance share of the signal. */
  readonly alphasCumprod: Float32Array;
}

/** Signal and noise rates of a noised sample: z = alpha x0 + sigma epsilon, with alpha^2 + sigma^2 = 1 (arXiv 2202.00512, section 2). */
export interface Mixture {
  readonly alpha: number;
  readonly sigma: number;
}

type BetaSchedule = (config: SchedulerConfig) => Float32Array;

/** beta_t by name of the schedule in diffusers. */
const BETAS: Record<SchedulerConfig['beta_schedule'], BetaSchedule> = {
  // Ho et al., arXiv 2006.11239, section 4.
  linear: ({ beta_start, beta_end, num_train_timesteps: T }) => linspace(beta_start, beta_end, T),
  // Stable Diffusion's: linear in the standard deviation.
  scaled_linear: ({ beta_start, beta_end, num_train_timesteps: T }) =>
    linspace(Math.sqrt(beta_start), Math.sqrt(beta_end), T).map((deviation) => deviation * deviation),
  // Nichol and Dhariwal, arXiv 2102.09672, equation 17, capped at 0.999.
  squaredcos_cap_v2: ({ num_train_timesteps: T }) => {
    const f = (t: number) => Math.cos(((t / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    return Float32Array.from({ length: T }, (_, t) => Math.min(1 - f(t + 1) / f(t), 0.999));
  },
};

/** Computes the schedule of a configuration. */
export function createNoiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const { trained_betas, beta_schedule, rescale_betas_zero_snr } = config;
  const given = trained_betas ? Float32Array.from(trained_betas) : BETAS[beta_schedule](config);
  const betas = rescale_betas_zero_snr ? withZeroTerminalSnr(given) : given;
  return { config, betas, alphasCumprod: cumulativeSignal(betas) };
}

/** Computes alphaBar_t. Like PyTorch's `cumprod` on a CPU, it accumulates in float64 and rounds each stored value. */
function cumulativeSignal(betas: Float32Array): Float32Array {
  let alphaBar = 1;
  return betas.map((beta) => (alphaBar *= Math.fround(1 - beta)));
}

/**
 * Returns betas with zero terminal SNR (Lin et al., arXiv 2305.08891, algorithm 1): sqrt(alphaBar) is shifted so that its last value is 0,
 * and scaled so that its first value is kept.
 */
function withZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeSignal(betas).map(Math.sqrt);
  const first = roots[0];
  const last = roots[roots.length - 1];
  const scale = Math.fround(first / Math.fround(first - last));
  const alphasCumprod = roots
    .map((root) => root - last)
    .map((root) => root * scale)
    .map((root) => root * root);
  const alphas = alphasCumprod.map((alphaBar, t) => (t === 0 ? alphaBar : alphaBar / alphasCumprod[t - 1]));
  return alphas.map((alpha) => 1 - alpha);
}

/** `torch.linspace` in float32: counted from the nearer end, in vectors of eight, each from its own base. */
function linspace(start: number, end: number, count: number): Float32Array {
  const [from, to] = [Math.fround(start), Math.fround(end)];
  const step = Math.fround(Math.fround(to - from) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) => {
    const group = i - (i % 8);
    const isFirstHalf = group < Math.floor(count / 2);
    const base = isFirstHalf ? from + step * group : to - step * (count - 1 - group);
    return Math.fround(base) + step * (i - group);
  });
}

/** Returns alpha and sigma at a timestep. Throws RangeError if the schedule does not have it. */
export function mixtureAt({ alphasCumprod }: NoiseSchedule, timestep: number): Mixture {
  const alphaBar = alphasCumprod[timestep];
  if (alphaBar === undefined) {
    throw new RangeError(
      `The schedule has no timestep ${timestep}: they are 0 to ${alphasCumprod.length - 1}.`,
    );
  }
  return { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
}

/** Returns the noised sample at a timestep, alpha x0 + sigma epsilon (Ho et al., arXiv 2006.11239, equation 4). */
export function addNoise(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const { alpha, sigma } = mixtureAt(schedule, timestep);
  return x0.map((x, i) => alpha * x + sigma * noise[i]);
}

/** Returns the velocity v = alpha epsilon - sigma x0 at a timestep (Salimans and Ho, arXiv 2202.00512, section 4). */
export function velocity(
  schedule: NoiseSchedule,
  x0: Float32Array,
  noise: Float32Array,
  timestep: number,
): Float32Array {
  const { alpha, sigma } = mixtureAt(schedule, timestep);
  return x0.map((x, i) => alpha * noise[i] - sigma * x);
}
