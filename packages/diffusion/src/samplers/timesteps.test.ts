import { describe, expect, it } from 'vitest';
import { parseSchedulerConfig } from '../scheduler-config.ts';
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts';

const CONFIG = parseSchedulerConfig({});

describe('spacedTimesteps', () => {
  it('has the requested number of decreasing timesteps, for every number of steps', () => {
    for (const spacing of ['linspace', 'leading', 'trailing'] as const) {
      for (let steps = 1; steps <= 1000; steps++) {
        const timesteps = spacedTimesteps(CONFIG, spacing, steps);
        expect(timesteps).toHaveLength(steps);
        expect(timesteps.every((t, i) => t >= 0 && t < (i === 0 ? 1000 : timesteps[i - 1]))).toBe(true);
      }
    }
  });

  it('starts trailing runs at the last timestep, and ends the others at the first', () => {
    for (const steps of [2, 7, 30]) {
      expect(spacedTimesteps(CONFIG, 'trailing', steps)[0]).toBe(999);
      expect(spacedTimesteps(CONFIG, 'leading', steps).at(-1)).toBe(0);
      expect(spacedTimesteps(CONFIG, 'linspace', steps).at(-1)).toBe(0);
      expect(spacedTimesteps(CONFIG, 'linspace', steps)[0]).toBe(999);
    }
  });

  it('rounds ties of trailing runs like NumPy, whose steps are not exactly 1000 / 48', () => {
    const timesteps = spacedTimesteps(CONFIG, 'trailing', 48);
    // 937.5 in exact arithmetic, which would round to 938; then one less, as timesteps count from 0.
    expect(timesteps[3]).toBe(936);
  });

  it('rejects a number of steps out of range', () => {
    for (const steps of [0, -3, 2.5, 1001, Number.NaN]) {
      const refused = () => spacedTimesteps(CONFIG, 'trailing', steps);
      expect(refused).toThrow(`${steps} steps`);
      expect(refused).toThrow(expect.objectContaining({ code: 'bad-input' }));
    }
    const offset = parseSchedulerConfig({ steps_offset: 1 });
    expect(spacedTimesteps(offset, 'leading', 999)[0]).toBe(999);
    expect(() => spacedTimesteps(offset, 'leading', 1000)).toThrow(
      expect.objectContaining({ code: 'bad-input', hint: expect.stringContaining('steps_offset is 1') }),
    );
  });
});

it('rounds ties to the even neighbour', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6, 3].map(roundHalfToEven)).toEqual([0, 2, 2, 2, 3, 3]);
});
