import { expect, it } from 'vitest';
import { tieRounded } from './rounding.ts';

it('ties what differs by rounding only, and nothing else', () => {
  const roots = [Math.sqrt(0.1 * 0.9), Math.sqrt(0.3 * 0.3), Math.sqrt(0.4 * 0.9), Math.sqrt(0.6 * 0.6)];
  const values = Float64Array.from([...roots, 0, Number.NaN, 0.25, 0.25 + 1e-9, 0.25]);
  expect(new Set(values).size).toBe(8);
  const tied = tieRounded(values);
  expect(tied.merged).toBe(2);
  expect(new Set(tied.values).size).toBe(6);
  const changes = tied.values.map((value, i) => value - values[i]);
  expect(changes[5]).toBeNaN();
  for (const change of changes.filter((each) => !Number.isNaN(each)))
    expect(Math.abs(change)).toBeLessThan(1e-15);
});

it('leaves values alone that nobody rounded', () => {
  const values = Float64Array.of(3, 1, 2, 2, Number.NaN);
  expect(tieRounded(values)).toEqual({ values, merged: 0 });
  expect(tieRounded(new Float64Array())).toEqual({ values: new Float64Array(), merged: 0 });
});
