import { RewardEditError } from '@rewardedit/core';
import type { Usage } from './chat.ts';
import type { Amount } from './ledger.ts';

/** US dollars for a million tokens. */
export type Prices = { readonly input: number; readonly cachedInput?: number; readonly output: number };

/** What a run has used so far. */
export type Spending = {
  /** Calls that were sent, those that failed included. */
  readonly calls: number;
  /** Replies that came from the store and cost nothing. */
  readonly stored: number;
  readonly tokens: Usage;
  /** Calls whose reply does not say what they took: what others take on average is counted for them. */
  readonly unreported: number;
  /** Calls that no reply came to after they were sent, which a server may have charged for, and what is counted for them. */
  readonly uncertain?: { readonly calls: number; readonly dollars: number };
  /** US dollars; absent where the prices of a model are not known. */
  readonly dollars?: number;
};

export type Budget = {
  readonly cost?: number | undefined;
  readonly calls?: number | undefined;
  readonly tokens?: number | undefined;
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

/** Of what was spent that which budgets are about. */
export function amountOf({ calls, tokens, dollars = 0 }: Spending): Amount {
  return { calls, tokens: total(tokens), dollars };
}

export function spendingOfAmount({ calls, tokens, dollars }: Amount): Spending {
  return { calls, stored: 0, tokens: { ...NOTHING, input: tokens }, unreported: 0, dollars };
}

/** As `overBudget`, of what a run has spent. */
export function spentTooMuch(budget: Budget, spent: Spending): RewardEditError | undefined {
  return overBudget(budget, amountOf(spent));
}

/** The error 'exhausted' where so much would be more than a budget allows. */
export function overBudget(budget: Budget, { calls, tokens, dollars }: Amount): RewardEditError | undefined {
  const needed = { calls, tokens, cost: dollars };
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

const UNITS: Readonly<Record<keyof Budget, (limit: number) => string>> = {
  calls: (limit) => `${limit} calls`,
  tokens: (limit) => `${limit} tokens`,
  cost: (limit) => `$${limit}`,
};

export function total({ input, output }: Usage): number {
  return input + output;
}

function add(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
  };
}
