import { join } from 'node:path';
import { findJsonFile, makeFolder, writeFileAtomic } from '@rewardedit/core';
import { omitBy } from 'es-toolkit/object';
import type { Amount } from './amount.ts';
import { budgetSchema, describeAmount, describeBudget, isSame, overBudget, type Budget } from './spending.ts';

/** The file with the run's limits, in the folder in which it records its spending. */
const BUDGET_FILE = 'budget.json';

/** Reads the limits that were last set by any process of the run; none if none were set. Throws `bad-input` if the file is damaged. */
export async function readBudget(folder: string): Promise<Budget> {
  const name = { what: 'the budget of the run', hint: 'remove the file, and set the budget again' };
  return (await findJsonFile(join(folder, BUDGET_FILE), budgetSchema, name)) ?? {};
}

/** Replaces the kept limits by those that are given. */
export function withLimits(kept: Budget, limits: Budget): Budget {
  return { ...kept, ...omitBy(limits, (limit) => limit === undefined) };
}

/**
 * Stores the limits of a run with its spending, so that all its processes, on any day, have the same. Returns what to tell the user: limits
 * that were kept, or have changed.
 *
 * Throws `exhausted` if a limit was lowered to less than is already spent.
 */
export async function keepBudget(folder: string, limits: Budget, spent: Amount): Promise<string | undefined> {
  const kept = await readBudget(folder);
  const budget = withLimits(kept, limits);
  const [before, now] = [describeBudget(kept), describeBudget(budget)];
  if (isSame(kept, budget)) {
    if (isSame(limits, budget)) return undefined;
    return `The budget of the run stays at ${now}; spent so far: ${describeAmount(spent, budget)}.`;
  }
  await makeFolder(folder);
  await writeFileAtomic(join(folder, BUDGET_FILE), `${JSON.stringify(budget)}\n`);
  const problem = overBudget(budget, spent);
  if (problem !== undefined) throw problem;
  if (before === '') return undefined;
  return `The budget of the run was ${before} and is now ${now}; spent so far: ${describeAmount(spent, budget)}.`;
}
