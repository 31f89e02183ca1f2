import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBody } from '@rewardedit/core';
import { NOTHING, minus, plus, type Amount } from './amount.ts';
import type { Usage } from '../api/chat.ts';
import { withLimits } from './kept-budget.ts';
import { NO_LEDGER, type Ledger, type Noted } from './ledger.ts';
import {
  addUsage,
  costOf,
  isLimited,
  overBudget,
  spendingEvent,
  total,
  type Budget,
  type Prices,
  type Spending,
} from './spending.ts';

/** Counts what is spent, and lets no call begin that could go over a budget. */
export type SpendingTracker = {
  /**
   * Sets aside what a call may take at most. Where that, with what the run has spent and set aside for the calls under way, would
   * go over a budget, it waits until those are over, as long as that can help. Throws 'exhausted' where it cannot, and the signal's
   * reason when that fires first.
   *
   * @param onWait told why it waits; gives the function to call when that is over.
   */
  reserve(
    most: Usage,
    prices: Prices | undefined,
    signal: AbortSignal,
    onWait?: (why: string) => () => void,
  ): Promise<Reservation>;
  /** Counts a reply that came from the store. */
  countStored(): void;
  spending(): Spending;
  /** The same, with what is known of the whole run, as an event. */
  report(): Extract<EventBody, { type: 'spending' }>;
  /** What the run has spent, all its processes together. */
  spentByRun(): Promise<Amount>;
};

export type Reservation = {
  /**
   * The call is over: with what it took; with nothing where it is not charged; or with what such calls take on average, where a
   * reply does not say ('unreported'), or nobody knows whether the server did the work, since none came ('uncertain').
   */
  settle(usage: Usage | 'nothing' | 'unreported' | 'uncertain'): void;
};

/** How often one looks what other processes have spent, while one waits for them. */
const LOOK_MILLISECONDS = 500;

/**
 * @param ownBudget holds where the ledger keeps no limit.
 * @param ledger keeps what is spent with the run, and its budget, and tells what its other processes spend.
 */
export function createSpendingTracker(ownBudget: Budget, ledger: Ledger = NO_LEDGER): SpendingTracker {
  let [calls, stored, unreported, unpriced, reported] = [0, 0, 0, 0, 0];
  let uncertain = { calls: 0, dollars: 0 };
  let tokens: Usage = { input: 0, cachedInput: 0, output: 0 };
  /** Of the calls whose reply said what they took. */
  let known: Usage = tokens;
  let dollars = 0;
  let underWay = NOTHING;
  const waiting = new Set<() => void>();
  /** What the run may spend, and what others of its processes have, as last seen. */
  let [budgetSeen, othersSeen] = [ownBudget, NOTHING];

  const own = (): Amount => ({ calls: calls - underWay.calls, tokens: total(tokens), dollars });

  /** Why so much more cannot be set aside now, and whether waiting can help. */
  const hindrance = (budget: Budget, next: Amount, others: Noted) => {
    const spent = plus(own(), others.spent);
    const hopeless = overBudget(budget, spent, next);
    const problem = hopeless ?? overBudget(budget, plus(plus(spent, underWay), others.underWay), next);
    return problem && { problem, mayPass: hopeless === undefined };
  };

  /** What calls took on average, and no more than this one can take. */
  const likely = (most: Usage): Usage => {
    if (reported === 0) return most;
    const mean = (part: 'input' | 'output') => Math.min(most[part], Math.ceil(known[part] / reported));
    return { input: mean('input'), cachedInput: 0, output: mean('output') };
  };

  /** Until a call of this process is over, or one looks at the others again. */
  const wait = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        listening[Symbol.dispose]();
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, LOOK_MILLISECONDS);
      const listening = addAbortListener(signal, done);
      waiting.add(done);
    });

  const begin = (next: Amount) => {
    calls += next.calls;
    underWay = plus(underWay, next);
    return ledger.begin(next);
  };
  const end = (next: Amount) => {
    underWay = minus(underWay, next);
    for (const wake of [...waiting]) wake();
  };

  const lookAtOthers = async () => {
    const noted = await ledger.others();
    othersSeen = noted.spent;
    return noted;
  };

  const setAside = async (
    next: Amount,
    signal: AbortSignal,
    onWait?: (why: string) => () => void,
  ): Promise<number> => {
    let endWait: (() => void) | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        // Another process may have been told another one meanwhile.
        const budget = withLimits(ownBudget, await ledger.budget());
        budgetSeen = budget;
        if (!isLimited(budget)) return await begin(next);
        const found = hindrance(budget, next, await lookAtOthers());
        if (found?.mayPass === false) throw found.problem;
        if (found !== undefined) {
          endWait ??= onWait?.('what is left of it may be needed for the calls under way');
          await wait(signal);
          continue;
        }
        // Noted first, then looked at: of two processes that do so at once, at least one sees the other.
        const number = await begin(next);
        if (hindrance(budget, NOTHING, await lookAtOthers()) === undefined) return number;
        ledger.end(number, NOTHING);
        calls -= next.calls;
        end(next);
        await sleep(LOOK_MILLISECONDS * Math.random());
      }
    } finally {
      endWait?.();
    }
  };

  const spending = (): Spending => ({
    ...{ calls, stored, tokens, unreported, uncertain },
    ...(unpriced === 0 && { dollars }),
  });

  return {
    async reserve(most, prices, signal, onWait) {
      const next = {
        calls: 1,
        tokens: total(most),
        dollars: prices === undefined ? 0 : costOf(most, prices),
      };
      const number = await setAside(next, signal, onWait);
      unpriced += Number(prices === undefined);
      return {
        settle(usage) {
          const taken = typeof usage === 'object' ? usage : usage === 'nothing' ? undefined : likely(most);
          const cost = taken === undefined || prices === undefined ? 0 : costOf(taken, prices);
          if (typeof usage === 'object') {
            reported += 1;
            known = addUsage(known, usage);
          }
          unreported += Number(usage === 'unreported');
          if (usage === 'uncertain')
            uncertain = { calls: uncertain.calls + 1, dollars: uncertain.dollars + cost };
          if (taken !== undefined) tokens = addUsage(tokens, taken);
          dollars += cost;
          ledger.end(number, { calls: 1, tokens: taken === undefined ? 0 : total(taken), dollars: cost });
          end(next);
        },
      };
    },
    countStored() {
      stored += 1;
    },
    spentByRun: async () => plus(own(), (await ledger.others()).spent),
    spending,
    report() {
      const event = spendingEvent(spending(), budgetSeen);
      if (event.budget === undefined) return event;
      const { dollars: cost, ...used } = plus(own(), othersSeen);
      return { ...event, ofRun: { ...used, cost } };
    },
  };
}
