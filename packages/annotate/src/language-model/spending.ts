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
  /** Calls of which nobody knows what they took, with those given up: for them what they may take at most is counted. */
  readonly unreported: number;
  /** US dollars; absent where the prices of a model are not known. */
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
  reserve(most: Usage, prices: Prices | undefined): Reservation;
  /** Counts a reply that came from the store. */
  countStored(): void;
  spending(): Spending;
};

export type Reservation = {
  /** The call is over: with what it took, with nothing where it is not charged, or nobody knows with what. */
  settle(usage: Usage | 'nothing' | 'unknown'): void;
};

const NOTHING: Usage = { input: 0, cachedInput: 0, output: 0 };

export const NOTHING_SPENT: Spending = { calls: 0, stored: 0, tokens: NOTHING, unreported: 0, dollars: 0 };

/** The two together; dollars only where both know theirs. */
export function addSpending(a: Spending, b: Spending): Spending {
  return {
    calls: a.calls + b.calls,
    stored: a.stored + b.stored,
    tokens: add(a.tokens, b.tokens),
    unreported: a.unreported + b.unreported,
    ...(a.dollars !== undefined && b.dollars !== undefined && { dollars: a.dollars + b.dollars }),
  };
}

/** What so many calls take that use so many tokens all together. */
export function spendingOf(calls: number, tokens: Usage, prices: Prices | undefined): Spending {
  const dollars = prices === undefined ? {} : { dollars: costOf(tokens, prices) };
  return { calls, stored: 0, tokens, unreported: 0, ...dollars };
}

/** The error 'exhausted' where so much would be more than a budget allows. */
export function spentTooMuch(
  budget: Budget,
  { calls, tokens, dollars = 0 }: Spending,
): RewardEditError | undefined {
  return overBudget(budget, { calls, tokens: total(tokens), cost: dollars });
}

function overBudget(
  budget: Budget,
  needed: Readonly<Record<keyof Budget, number>>,
): RewardEditError | undefined {
  for (const name of ['calls', 'tokens', 'cost'] as const) {
    const limit = budget[name];
    if (limit === undefined || needed[name] <= limit) continue;
    return new RewardEditError('exhausted', `the budget is used up: ${UNITS[name](limit)}`, {
      hint: 'with a larger budget the same command goes on where it stopped',
    });
  }
  return undefined;
}

/** Dollars for so many tokens; those of the input that the server had kept cost less. */
export function costOf({ input, cachedInput, output }: Usage, prices: Prices): number {
  const cached = Math.min(cachedInput, input);
  const dollars =
    (input - cached) * prices.input + cached * (prices.cachedInput ?? prices.input) + output * prices.output;
  return dollars / 1e6;
}

export function createPurse(budget: Budget): Purse {
  let [calls, stored, unreported, unpriced] = [0, 0, 0, 0];
  let tokens = NOTHING;
  let dollars = 0;
  let reserved = { tokens: 0, dollars: 0 };

  return {
    reserve(most, prices) {
      const next = { tokens: total(most), dollars: prices === undefined ? 0 : costOf(most, prices) };
      const problem = overBudget(budget, {
        calls: calls + 1,
        tokens: total(tokens) + reserved.tokens + next.tokens,
        cost: dollars + reserved.dollars + next.dollars,
      });
      if (problem !== undefined) throw problem;
      calls += 1;
      unpriced += Number(prices === undefined);
      reserved = { tokens: reserved.tokens + next.tokens, dollars: reserved.dollars + next.dollars };
      return {
        settle(usage) {
          reserved = { tokens: reserved.tokens - next.tokens, dollars: reserved.dollars - next.dollars };
          if (usage === 'nothing') return;
          if (usage === 'unknown') unreported += 1;
          const taken = usage === 'unknown' ? most : usage;
          tokens = add(tokens, taken);
          dollars += prices === undefined ? 0 : costOf(taken, prices);
        },
      };
    },
    countStored() {
      stored += 1;
    },
    spending: () => ({ calls, stored, tokens, unreported, ...(unpriced === 0 && { dollars }) }),
  };
}

const UNITS: Readonly<Record<keyof Budget, (limit: number) => string>> = {
  calls: (limit) => `${limit} calls`,
  tokens: (limit) => `${limit} tokens`,
  cost: (limit) => `$${limit}`,
};

function total({ input, output }: Usage): number {
  return input + output;
}

function add(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
  };
}
