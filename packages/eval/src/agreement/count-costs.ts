import type { Answer } from '@rewardedit/annotate';
import type { Cost, JudgeCost } from './ratings.ts';

type Spent = NonNullable<Answer['spent']>;
type Sum = { calls: number; tokens: number | null; dollars: number | null };
type Stage = Sum & { readonly judge: string; asked: number; decided: number };

/** Adds up the costs of one judge's answers. */
export type CostCounter = {
  add(answer: Answer): void;
  /** Undefined if no answer records its cost. */
  total(judge: string): JudgeCost | undefined;
};

export function createCostCounter(): CostCounter {
  const sum: Sum = { calls: 0, tokens: 0, dollars: 0 };
  const stages: Stage[] = [];
  let [answers, telling] = [0, 0];
  return {
    add(answer) {
      const { spent } = answer;
      answers += 1;
      if (spent === undefined) {
        // A triplet that was quarantined before a call cost nothing.
        if ('reward' in answer) Object.assign(sum, { tokens: null, dollars: null });
        return;
      }
      telling += 1;
      addTo(sum, spent);
      const asked = spent.stages ?? [];
      for (const [at, stage] of asked.entries()) {
        const total = (stages[at] ??= {
          judge: stage.judge,
          asked: 0,
          decided: 0,
          calls: 0,
          tokens: 0,
          dollars: 0,
        });
        addTo(total, stage);
        total.asked += 1;
        if (at === asked.length - 1) total.decided += 1;
      }
    },
    total: (judge) => (telling === 0 ? undefined : { judge, answers, ...sum, stages: [...stages] }),
  };
}

function addTo(sum: Sum, { calls, input, output, dollars }: Omit<Spent, 'stages'>): void {
  sum.calls += calls;
  sum.tokens =
    sum.tokens === null || input === undefined || output === undefined ? null : sum.tokens + input + output;
  sum.dollars = sum.dollars === null || dollars === undefined ? null : sum.dollars + dollars;
}

/** The cost of a unit of agreement: for 1,000 triplets, divided by a correlation; null if that is undefined or not positive. */
export function costPerAgreement(
  { answers, dollars }: Pick<JudgeCost, 'answers'> & Pick<Cost, 'dollars'>,
  agreement: number | null,
): number | null {
  if (dollars === null || agreement === null || agreement <= 0) return null;
  return (dollars / answers) * (1000 / agreement);
}
