import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, quantile, type BootstrapOptions } from './bootstrap.ts';

const VALUES = Float64Array.from({ length: 400 }, (_, i) => i % 20);
/** Their standard deviation is sqrt((20^2 - 1) / 12), so that of the mean of 400 is this. */
const STANDARD_ERROR = Math.sqrt(399 / 12 / 400);

const sum = (weights: Uint32Array) => weights.reduce((all, weight) => all + weight, 0);
const weightedMean = (weights: Uint32Array) =>
  weights.reduce((all, weight, i) => all + weight * VALUES[i], 0) / sum(weights);

const options = (changes: Partial<BootstrapOptions> = {}): BootstrapOptions => ({
  units: Int32Array.from(VALUES.keys()),
  unitCount: VALUES.length,
  resamples: 1000,
  random: createRandom(1, 'test'),
  statistic: weightedMean,
  ...changes,
});

describe('bootstrapInterval', () => {
  it('extends about 1.96 standard errors to both sides of a mean', async () => {
    const interval = await bootstrapInterval(options());
    expect(interval!.low).toBeCloseTo(9.5 - 1.96 * STANDARD_ERROR, 0.7);
    expect(interval!.high).toBeCloseTo(9.5 + 1.96 * STANDARD_ERROR, 0.7);
    expect(interval).toMatchObject({ resamples: 1000, undefinedResamples: 0 });
  });

  it('is the same for the same seed, and different for another', async () => {
    const first = await bootstrapInterval(options());
    expect(await bootstrapInterval(options())).toEqual(first);
    expect(await bootstrapInterval(options({ random: createRandom(2, 'test') }))).not.toEqual(first);
  });

  it('resamples units, each with all of its items', async () => {
    // Twenty units of twenty items: all items of a unit have the same weight, and the weights of units sum to twenty.
    const units = Int32Array.from(VALUES.keys(), (item) => Math.floor(item / 20));
    await bootstrapInterval(
      options({
        units,
        unitCount: 20,
        resamples: 50,
        statistic: (weights) => {
          expect(sum(weights)).toBe(400);
          for (const [item, weight] of weights.entries())
            expect(weight).toBe(weights[Math.floor(item / 20) * 20]);
          return 0;
        },
      }),
    );
    expect.assertions(50 * 401);
  });

  it('counts resamples without a value, and is null if none has one', async () => {
    let call = 0;
    const statistic = () => ((call += 1) % 4 === 0 ? null : call);
    const interval = await bootstrapInterval(options({ statistic, resamples: 100 }));
    expect(interval).toMatchObject({ resamples: 75, undefinedResamples: 25 });
    expect(await bootstrapInterval(options({ statistic: () => null, resamples: 3 }))).toBeNull();
    expect(await bootstrapInterval(options({ resamples: 0 }))).toBeNull();
  });

  it('stops on abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let resamples = 0;
    const running = bootstrapInterval(
      options({
        resamples: Number.MAX_SAFE_INTEGER,
        signal: controller.signal,
        onResample: () => {
          if ((resamples += 1) === 10) controller.abort(reason);
        },
      }),
    );
    await expect(running).rejects.toBe(reason);
  });
});

it('quantile interpolates linearly between values', () => {
  const values = Float64Array.of(1, 2, 4, 8, 16);
  // numpy.percentile([1, 2, 4, 8, 16], [2.5, 50, 97.5])
  expect(quantile(values, 0.025)).toBeCloseTo(1.1, 14);
  expect(quantile(values, 0.5)).toBe(4);
  expect(quantile(values, 0.975)).toBeCloseTo(15.2, 14);
  expect(quantile(Float64Array.of(3), 0.975)).toBe(3);
});
