import { expect, test } from 'vitest';
import { createRateMeter } from './rate-meter.ts';

test('knows no rate before something was counted', () => {
  const meter = createRateMeter();
  expect(meter.rate()).toBeUndefined();
  meter.add(40, 0);
  expect(meter.rate()).toBeUndefined();
});

test('does not count what was there at the beginning', () => {
  const meter = createRateMeter();
  meter.add(1000, 10);
  meter.add(1020, 12);
  expect(meter.rate()).toBe(10);
});

test('forgets what is older than the window', () => {
  const meter = createRateMeter();
  for (let second = 0; second <= 60; second++) meter.add(second * 100, second);
  for (let second = 61; second <= 120; second++) meter.add(6000 + (second - 60), second);
  expect(meter.rate()).toBeCloseTo(1);
});

test('measures slow work from one item to the next', () => {
  const meter = createRateMeter();
  meter.add(0, 0);
  meter.add(1, 40);
  meter.add(2, 60);
  expect(meter.rate()).toBeCloseTo(1 / 20);
});

test('is right with more counts than it keeps', () => {
  const meter = createRateMeter();
  for (let i = 0; i <= 10_000; i++) meter.add(i, i / 1000);
  expect(meter.rate()).toBeCloseTo(1000, 0);
});
