import { RewardEditError } from '@rewardedit/core';
import type { Usage } from './chat.ts';

/** US dollars for a million tokens. */
export type Prices = { readonly input: number; readonly cachedInput?: number; readonly output: number };

/** What a run has used so far. */
export type Spending = {
  /** Calls that were sent, those that failed included. */
  readonly calls: number;
  /** Replies that came from the store and cost nothing. */
  readonly stored: number;
  readonly tokens: Usage;
  /** Replies whose server did not say how many tokens they took: what is spent is then counted from estimates. */
  readonly unreported: number;
  /** US dollars, where the prices are known. */
  readonly dollars?: number;
};

export type Budget = {
  readonly cost?: number | undefined;
  readonly calls?: number | undefined;
  readonly tokens?: number | undefined;
};

/** Counts what is spent, and lets no call begin that could go over a budget. */
export type Purse = {
  /**
   * Sets aside what a call may take at most. Throws 'exhausted' where that, with what is spent and set aside for the calls
   * under way, would go over a budget.
   */
  reserve(most: Usage): Reservation;
  /** Counts a reply that came from the store. */
  countStored(): void;
  spending(): Spending;
};

export type Reservation = {
  /** The call came back: with what it took, or with nothing where it failed and nothing is charged. */
  settle(usage: Usage | 'failed' | 'unreported'): void;
};

const NOTHING: Usage = { input: 0, cachedInput: 0, output: 0 };

/** Dollars for so many tokens; those of the input that the server had kept cost less. */
export function costOf({ input, cachedInput, output }: Usage, prices: Prices): number {
  const cached = Math.min(cachedInput, input);
  const dollars =
    (input - cached) * prices.input + cached * (prices.cachedInput ?? prices.input) + output * prices.output;
  return dollars / 1e6;
}

export function createPurse(budget: Budget, prices: Prices | undefined): Purse {
  let [calls, stored, unreported] = [0, 0, 0];
  let tokens = NOTHING;
  let reserved = NOTHING;
  const dollarsOf = (usage: Usage) => (prices === undefined ? 0 : costOf(usage, prices));

  const limits = [
    { most: budget.calls, used: () => calls + 1, what: (most: number) => `${most} calls` },
    {
      most: budget.tokens,
      used: (next: Usage) => total(tokens) + total(reserved) + total(next),
      what: (most: number) => `${most} tokens`,
    },
    {
      most: budget.cost,
      used: (next: Usage) => dollarsOf(tokens) + dollarsOf(reserved) + dollarsOf(next),
      what: (most: number) => `$${most}`,
    },
  ];

  return {
    reserve(most) {
      for (const limit of limits) {
        if (limit.most === undefined || limit.used(most) <= limit.most) continue;
        throw new RewardEditError('exhausted', `the budget of ${limit.what(limit.most)} is used up`, {
          hint: 'with a larger budget the same command goes on where it stopped',
        });
      }
      calls += 1;
      reserved = add(reserved, most, 1);
      return {
        settle(usage) {
          reserved = add(reserved, most, -1);
          if (usage === 'failed') return;
          if (usage === 'unreported') unreported += 1;
          tokens = add(tokens, usage === 'unreported' ? most : usage, 1);
        },
      };
    },
    countStored() {
      stored += 1;
    },
    spending: () => ({
      calls,
      stored,
      tokens,
      unreported,
      ...(prices !== undefined && { dollars: costOf(tokens, prices) }),
    }),
  };
}

function total({ input, output }: Usage): number {
  return input + output;
}

function add(a: Usage, b: Usage, sign: 1 | -1): Usage {
  return {
    input: a.input + sign * b.input,
    cachedInput: a.cachedInput + sign * b.cachedInput,
    output: a.output + sign * b.output,
  };
}
