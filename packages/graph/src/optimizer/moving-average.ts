import { add, mul, sub } from '../ops/elementwise.ts';
import { input, state } from '../ops/leaf.ts';
import type { NamedTensors } from '../tensor.ts';
import { stateNames } from './state-names.ts';

/**
 * Returns the updates of an exponential moving average of the parameters: average + (1 - decay) (value -
 * average). The averages are state entries named by `stateNames` and start as copies of the parameters. The
 * program gets the scalar input `ema_decay`, which `emaDecay` computes.
 *
 * @param newValues the parameters after the step.
 */
export function emaUpdates(newValues: NamedTensors): NamedTensors {
  const share = sub(1, input('ema_decay', []));
  return Object.fromEntries(
    Object.entries(newValues).map(([parameter, value]) => {
      const name = stateNames.average(parameter);
      const average = state(name, value.shape, value.dtype);
      return [name, add(average, mul(sub(value, average), share))];
    }),
  );
}

export interface EmaSettings {
  /** The decay, approached from below. */
  readonly decay: number;
  /** Approaches it as 1 - (1 + s / invGamma)^-power instead of (1 + s) / (10 + s), after s averaged steps. */
  readonly useWarmup?: boolean;
  readonly invGamma?: number;
  readonly power?: number;
  /** For this many steps and one more, the average equals the parameters. */
  readonly updateAfterStep?: number;
  /** The smallest nonzero decay. */
  readonly minDecay?: number;
}

/** Returns the decay of the moving average at step 1, 2, ... (`EMAModel` of diffusers). */
export function emaDecay(
  step: number,
  { decay, useWarmup = false, invGamma = 1, power = 2 / 3, updateAfterStep = 0, minDecay = 0 }: EmaSettings,
): number {
  const averaged = step - updateAfterStep - 1;
  if (averaged <= 0) return 0;
  const approach = useWarmup ? 1 - (1 + averaged / invGamma) ** -power : (1 + averaged) / (10 + averaged);
  return Math.max(minDecay, Math.min(decay, approach));
}
