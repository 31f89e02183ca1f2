import { describe, expect, it } from 'vitest';
import type { Usage } from '../api/chat.ts';
import { costOf } from './spending.ts';

const usage = (input: number, output: number, cachedInput = 0): Usage => ({ input, cachedInput, output });
const PRICES = { input: 2, cachedInput: 0.5, output: 8 };

describe('costOf', () => {
  it('is the price per million tokens, less for cached input', () => {
    expect(costOf(usage(1_000_000, 0), PRICES)).toBe(2);
    expect(costOf(usage(0, 500_000), PRICES)).toBe(4);
    expect(costOf(usage(1_000_000, 0, 400_000), PRICES)).toBeCloseTo(1.4, 12);
    expect(costOf(usage(1_000_000, 0, 400_000), { input: 2, output: 8 })).toBe(2);
    // No server has cached more than it was sent.
    expect(costOf(usage(1_000_000, 0, 9_000_000), PRICES)).toBe(0.5);
  });
});
