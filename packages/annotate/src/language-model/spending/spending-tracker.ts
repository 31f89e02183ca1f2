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

/** Counts what is spent, and starts no call that could exceed a budget. */
export type SpendingTracker = {
  /**
   * Reserves the most that a call may take. If it does not fit the budget beside what the run has spent and reserved, waits for calls under
   * way as long as that can help. Throws `exhausted` if it cannot, or the signal's reason if that fires first.
   *
   * @param onWait is called with the reason for waiting; returns the function to call when the wait is over.
   */
  reserve(
    most: Usage,
    prices: Prices | undefined,
    signal: AbortSignal,
    onWait?: (why: string) => () => void,
  ): Promise<Reservation>;
  /** Counts a reply from the store. */
  countStored(): void;
  spending(): Spending;
  /** The spending of this process as an event, with the run's if it has a budget. */
  report(): Extract<EventBody, { type: 'spending' }>;
  /** What the run has spent, all its processes together. */
  spentByRun(): Promise<Amount>;
};

export type Reservation = {
  /**
   * Ends a call: with what it took; with nothing if it is not charged; or with the average of such calls if the reply does not report usage
   * ('unreported'), or no reply came and the server may have done the work ('uncertain').
   */
  settle(usage: Usage | 'nothing' | 'unreported' | 'uncertain'): void;
};

/** How often the other processes' spending is read while waiting for them. */
const LOOK_MILLISECONDS = 500;

/**
 * @param ownBudget limits that apply unless the ledger has its own.
 * @param ledger records the spending and the budget of the run, and reads those of its other processes.
 */
export function createSpendingTracker(ownBudget: Budget, ledger: Ledger = NO_LEDGER): SpendingTracker {
  let [calls, stored, unreported, unpriced, reported] = [0, 0, 0, 0, 0];
  let uncertain = { calls: 0, dollars: 0 };
  let tokens: Usage = { input: 0, cachedInput: 0, output: 0 };
  /** Usage of the calls whose reply reported it. */
  let known: Usage = tokens;
  let dollars = 0;
  let underWay = NOTHING;
  const waiting = new Set<() => void>();
  /** The run's budget and the other processes' spending, as last read. */
  let [budgetSeen, othersSeen] = [ownBudget, NOTHING];

  const own = (): Amount => ({ calls: calls - underWay.calls, tokens: total(tokens), dollars });

  /** Returns why `next` does not fit the budget, and whether waiting can help; undefined if it fits. */
  const hindrance = (budget: Budget, next: Amount, others: Noted) => {
    const spent = plus(own(), others.spent);
    const hopeless = overBudget(budget, spent, next);
    const problem = hopeless ?? overBudget(budget, plus(plus(spent, underWay), others.underWay), next);
    return problem && { problem, mayPass: hopeless === undefined };
  };

  /** The average of earlier calls, at most what this call can take. */
  const likely = (most: Usage): Usage => {
    if (reported === 0) return most;
    const mean = (part: 'input' | 'output') => Math.min(most[part], Math.ceil(known[part] / reported));
    return { input: mean('input'), cachedInput: 0, output: mean('output') };
  };

  /** Resolves when a call of this process ends, or when it is time to look at the other processes again. */
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
        // Another process may have been given a new budget.
        const budget = withLimits(ownBudget, await ledger.budget());
        budgetSeen = budget;
        if (!isLimited(budget)) return await begin(next);
        const found = hindrance(budget, next, await lookAtOthers());
        if (found?.mayPass === false) throw found.problem;
        if (found !== undefined) {
          endWait ??= onWait?.('the calls under way may need the rest of it');
          await wait(signal);
          continue;
        }
        // Record first, then check: of two processes that do so at once, at least one sees the other.
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
