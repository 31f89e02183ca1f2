import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from './chat.ts';
import { costOf, createPurse } from './spending.ts';

const usage = (input: number, output: number, cachedInput = 0): Usage => ({ input, cachedInput, output });
const PRICES = { input: 2, cachedInput: 0.5, output: 8 };

describe('costOf', () => {
  it('is the price of a million tokens, less for input that the server had kept', () => {
    expect(costOf(usage(1_000_000, 0), PRICES)).toBe(2);
    expect(costOf(usage(0, 500_000), PRICES)).toBe(4);
    expect(costOf(usage(1_000_000, 0, 400_000), PRICES)).toBeCloseTo(1.4, 12);
    expect(costOf(usage(1_000_000, 0, 400_000), { input: 2, output: 8 })).toBe(2);
    // No server has kept more than it was sent.
    expect(costOf(usage(1_000_000, 0, 9_000_000), PRICES)).toBe(0.5);
  });
});

describe('a purse', () => {
  it('adds up what calls took, and what they may take where nobody knows', () => {
    const purse = createPurse({});
    purse.reserve(usage(100, 50), PRICES).settle(usage(90, 10, 20));
    purse.reserve(usage(100, 50), PRICES).settle('unknown');
    purse.reserve(usage(100, 50), PRICES).settle('nothing');
    purse.countStored();
    expect(purse.spending()).toEqual({
      calls: 3,
      stored: 1,
      unreported: 1,
      tokens: { input: 190, cachedInput: 20, output: 60 },
      dollars: costOf(usage(90, 10, 20), PRICES) + costOf(usage(100, 50), PRICES),
    });
  });

  it('knows no cost where a price is not known', () => {
    const purse = createPurse({});
    expect(purse.spending().dollars).toBe(0);
    purse.reserve(usage(1, 1), PRICES).settle(usage(1, 1));
    purse.reserve(usage(1, 1), undefined).settle(usage(1, 1));
    expect(purse.spending()).not.toHaveProperty('dollars');
    expect(purse.spending().tokens).toEqual(usage(2, 2));
  });

  it.each([
    [{ calls: 2 }, '2 calls'],
    [{ tokens: 299 }, '299 tokens'],
    [{ cost: 0.0011 }, '$0.0011'],
  ])('lets no call begin that may go over %j', (budget, said) => {
    const purse = createPurse(budget);
    const first = purse.reserve(usage(50, 50), PRICES);
    purse.reserve(usage(50, 50), PRICES);
    expect(() => purse.reserve(usage(50, 50), PRICES)).toThrow(
      expect.objectContaining({ code: 'exhausted', message: `the budget is used up: ${said}` }),
    );
    first.settle(usage(1, 1));
    // What was set aside and not taken is there again, but a call stays a call.
    // What was set aside and not taken is there again; only a call stays a call.
    expect(mayBegin(() => purse.reserve(usage(50, 50), PRICES))).toBe(!('calls' in budget));
  });

  it('lets nothing begin with nothing to spend', () => {
    for (const budget of [{ calls: 0 }, { tokens: 0 }, { cost: 0 }])
      expect(() => createPurse(budget).reserve(usage(1, 1), PRICES)).toThrow('used up');
  });

  it('never goes over a budget, in whatever order calls begin and end', () => {
    const most = fc.record({ input: fc.nat(5000), cachedInput: fc.constant(0), output: fc.nat(5000) });
    const step = fc.record({
      most,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      ending: fc.nat(),
      outcome: fc.nat(3),
    });
    const budgets = fc.record({
      cost: fc.double({ min: 0, max: 0.2, noNaN: true }),
      tokens: fc.nat(40_000),
      calls: fc.nat(30),
    });
    fc.assert(
      fc.property(budgets, fc.array(step, { maxLength: 60 }), (budget, steps) => {
        const purse = createPurse(budget);
        const underWay: (() => void)[] = [];
        for (const { most, share, ending, outcome } of steps) {
          try {
            const reservation = purse.reserve(most, PRICES);
            const taken = usage(Math.floor(most.input * share), Math.floor(most.output * share));
            underWay.push(() =>
              reservation.settle(outcome === 0 ? 'nothing' : outcome === 1 ? 'unknown' : taken),
            );
          } catch {
            // The budget is used up for this one; a smaller one may still fit.
          }
          if (underWay.length > 0 && ending % 2 === 0) underWay.splice(ending % underWay.length, 1)[0]();
        }
        for (const end of underWay) end();
        const { dollars, tokens, calls } = purse.spending();
        expect(dollars).toBeLessThanOrEqual(budget.cost + 1e-12);
        expect(tokens.input + tokens.output).toBeLessThanOrEqual(budget.tokens);
        expect(calls).toBeLessThanOrEqual(budget.calls);
      }),
    );
  });
});

function mayBegin(begin: () => unknown): boolean {
  try {
    begin();
    return true;
  } catch {
    return false;
  }
}
