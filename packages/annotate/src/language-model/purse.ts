import { setTimeout as sleep } from 'node:timers/promises';
import type { Usage } from './chat.ts';
import { NO_LEDGER, NOTHING, minus, plus, type Amount, type Ledger, type Noted } from './ledger.ts';
import { costOf, overBudget, total, type Budget, type Prices, type Spending } from './spending.ts';
import { whenAborted } from './when-aborted.ts';

/** Counts what is spent, and lets no call begin that could go over a budget. */
export type Purse = {
  /**
   * Sets aside what a call may take at most. Where that, with what the run has spent and set aside for the calls under way, would
   * go over a budget, it waits until those are over, as long as that can help. Throws 'exhausted' where it cannot, and the signal's
   * reason when that fires first.
   */
  reserve(most: Usage, prices: Prices | undefined, signal: AbortSignal): Promise<Reservation>;
  /** Counts a reply that came from the store. */
  countStored(): void;
  spending(): Spending;
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

/** @param ledger keeps what is spent with the run, and tells what its other processes spend. */
export function createPurse(budget: Budget, ledger: Ledger = NO_LEDGER): Purse {
  const isLimited = Object.values(budget).some((limit) => limit !== undefined);
  let [calls, stored, unreported, unpriced, reported] = [0, 0, 0, 0, 0];
  let uncertain = { calls: 0, dollars: 0 };
  let tokens: Usage = { input: 0, cachedInput: 0, output: 0 };
  /** Of the calls whose reply said what they took. */
  let known: Usage = tokens;
  let dollars = 0;
  let underWay = NOTHING;
  const waiting = new Set<() => void>();

  const own = (): Amount => ({ calls: calls - underWay.calls, tokens: total(tokens), dollars });

  /** Why so much more cannot be set aside now, and whether waiting can help. */
  const hindrance = (next: Amount, others: Noted) => {
    const spent = plus(plus(own(), others.spent), next);
    const hopeless = overBudget(budget, spent);
    const problem = hopeless ?? overBudget(budget, plus(plus(spent, underWay), others.underWay));
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
        forget();
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, LOOK_MILLISECONDS);
      const forget = whenAborted(signal, done);
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

  const setAside = async (next: Amount, signal: AbortSignal): Promise<number> => {
    for (;;) {
      signal.throwIfAborted();
      const found = hindrance(next, await ledger.others());
      if (found?.mayPass === false) throw found.problem;
      if (found !== undefined) {
        await wait(signal);
        continue;
      }
      // Noted first, then looked at: of two processes that do so at once, at least one sees the other.
      const number = await begin(next);
      if (hindrance(NOTHING, await ledger.others()) === undefined) return number;
      ledger.end(number, NOTHING);
      calls -= next.calls;
      end(next);
      await sleep(LOOK_MILLISECONDS * Math.random());
    }
  };

  return {
    async reserve(most, prices, signal) {
      const next = {
        calls: 1,
        tokens: total(most),
        dollars: prices === undefined ? 0 : costOf(most, prices),
      };
      const number = isLimited ? await setAside(next, signal) : await begin(next);
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
    spending: () => ({ calls, stored, tokens, unreported, uncertain, ...(unpriced === 0 && { dollars }) }),
  };
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
  };
}
