import { RewardEditError, type EventBody } from '@rewardedit/core';
import { pickBy } from 'es-toolkit/object';
import { z } from 'zod';
import { NOTHING, plus, type Amount } from './amount.ts';
import { usageSchema, type Usage } from '../api/chat.ts';
import type { KnownModel } from '../models/known-models.ts';

/** US dollars per million tokens. */
export type Prices = NonNullable<KnownModel['prices']>;

/** What a run has used so far. */
export const spendingSchema = z.object({
  /** Calls that were sent, including failed ones. */
  calls: z.number(),
  /** Replies from the store, which cost nothing. */
  stored: z.number(),
  tokens: usageSchema,
  /** Calls whose reply does not report usage; they are counted at the average of the others. */
  unreported: z.number(),
  /** Calls without a reply that the server may have charged for, and what is counted for them. */
  uncertain: z.object({ calls: z.number(), dollars: z.number() }).exactOptional(),
  /** US dollars; absent if a model's prices are unknown. */
  dollars: z.number().exactOptional(),
});

export type Spending = Readonly<z.infer<typeof spendingSchema>>;

const limit = z.number().min(0).optional();

/** The most that a run may spend, in dollars, calls and tokens; what is absent is unlimited. */
export const budgetSchema = z.strictObject({ cost: limit, calls: limit, tokens: limit });

export type Budget = Readonly<z.infer<typeof budgetSchema>>;

const NO_TOKENS: Usage = { input: 0, cachedInput: 0, output: 0 };

export const NOTHING_SPENT: Spending = { calls: 0, stored: 0, tokens: NO_TOKENS, unreported: 0, dollars: 0 };

/** Adds two spendings. The sum has dollars only if both have. */
export function addSpending(a: Spending, b: Spending): Spending {
  return {
    calls: a.calls + b.calls,
    stored: a.stored + b.stored,
    tokens: addUsage(a.tokens, b.tokens),
    unreported: a.unreported + b.unreported,
    ...(a.dollars !== undefined && b.dollars !== undefined && { dollars: a.dollars + b.dollars }),
  };
}

/** The spending of calls that use `tokens` in total. */
export function spendingOf(calls: number, tokens: Usage, prices: Prices | undefined): Spending {
  const dollars = prices === undefined ? {} : { dollars: costOf(tokens, prices) };
  return { calls, stored: 0, tokens, unreported: 0, ...dollars };
}

/** The part of a spending that budgets limit. */
export function amountOf({ calls, tokens, dollars = 0 }: Spending): Amount {
  return { calls, tokens: total(tokens), dollars };
}

/** Returns the error `exhausted` if what is spent, plus what is to be spent next, exceeds the budget. */
export function overBudget(
  budget: Budget,
  spent: Amount,
  next: Amount = NOTHING,
): RewardEditError | undefined {
  const needed = byLimit(plus(spent, next));
  for (const name of LIMITS) {
    const limit = budget[name];
    if (limit === undefined || needed[name] <= limit) continue;
    const [has, more] = [byLimit(spent)[name], byLimit(next)[name]];
    const further = more === 0 ? '' : `, and the next call may take ${UNITS[name](more)}`;
    return new RewardEditError(
      'exhausted',
      `the budget is used up: ${UNITS[name](has)} of ${UNITS[name](limit)} spent${further}`,
      { hint: `with a larger ${OPTIONS[name]} the same command resumes where it stopped` },
    );
  }
  return undefined;
}

/** What a run has used, as an event. */
export function spendingEvent(
  { calls, stored, dollars, tokens: { input, output } }: Spending,
  budget: Budget,
): Extract<EventBody, { type: 'spending' }> {
  return {
    type: 'spending',
    ...{ calls, stored, tokens: { input, output } },
    ...(dollars !== undefined && { dollars }),
    ...(isLimited(budget) && { budget }),
  };
}

export function isLimited(budget: Budget): boolean {
  return LIMITS.some((name) => budget[name] !== undefined);
}

export function isSame(a: Budget, b: Budget): boolean {
  return LIMITS.every((name) => a[name] === b[name]);
}

/** Formats the limits of a budget, such as "$10, 500 calls"; '' if there are none. */
export function describeBudget(budget: Budget): string {
  return LIMITS.flatMap((name) => (budget[name] === undefined ? [] : UNITS[name](budget[name]))).join(', ');
}

/** Formats the part of an amount that a budget limits. */
export function describeAmount(spent: Amount, budget: Budget): string {
  return describeBudget(pickBy(byLimit(spent), (_, name) => budget[name] !== undefined));
}

function byLimit({ calls, tokens, dollars }: Amount): Required<Record<keyof Budget, number>> {
  return { calls, tokens, cost: dollars };
}

/** The price of tokens in dollars; cached input tokens cost less. */
export function costOf({ input, cachedInput, output }: Usage, prices: Prices): number {
  const cached = Math.min(cachedInput, input);
  const dollars =
    (input - cached) * prices.input + cached * (prices.cachedInput ?? prices.input) + output * prices.output;
  return dollars / 1e6;
}

const LIMITS = ['cost', 'calls', 'tokens'] as const;
const OPTIONS = { cost: '--max-cost', calls: '--max-calls', tokens: '--max-tokens' };
const UNITS: Readonly<Record<keyof Budget, (amount: number) => string>> = {
  calls: (calls) => `${calls} calls`,
  tokens: (tokens) => `${tokens} tokens`,
  cost: (dollars) => `$${Number(dollars.toPrecision(6))}`,
};

export function total({ input, output }: Usage): number {
  return input + output;
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
  };
}
