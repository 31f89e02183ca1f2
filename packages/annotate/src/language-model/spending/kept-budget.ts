import { join } from 'node:path';
import { findJsonFile, makeFolder, writeFileAtomic } from '@rewardedit/core';
import { omitBy } from 'es-toolkit';
import type { Amount } from './amount.ts';
import { budgetSchema, describeAmount, describeBudget, isSame, overBudget, type Budget } from './spending.ts';

/** The file, in the folder in which a run keeps what it spends, that says what it may spend. */
const BUDGET_FILE = 'budget.json';

/** What a run may spend, as was last told to any of its processes; no limits where none was. Throws 'bad-input' for a damaged file. */
export async function readBudget(folder: string): Promise<Budget> {
  const name = { what: 'the budget of the run', hint: 'remove the file, and tell the budget once more' };
  return (await findJsonFile(join(folder, BUDGET_FILE), budgetSchema, name)) ?? {};
}

/** A budget with the limits that were told now in place of those that were kept. */
export function withLimits(kept: Budget, told: Budget): Budget {
  return { ...kept, ...omitBy(told, (limit) => limit === undefined) };
}

/**
 * Keeps what a run may spend with what it spends, so that every process of it has the same limits, on any day: those told now take
 * the place of those that were kept. Gives what the user should know of it: limits that were kept, or have changed.
 *
 * Throws 'exhausted' where a limit was changed to less than is spent.
 */
export async function keepBudget(folder: string, told: Budget, spent: Amount): Promise<string | undefined> {
  const kept = await readBudget(folder);
  const budget = withLimits(kept, told);
  const [before, now] = [describeBudget(kept), describeBudget(budget)];
  if (isSame(kept, budget)) {
    if (isSame(told, budget)) return undefined;
    return `The budget of the run stays at ${now}; spent so far: ${describeAmount(spent, budget)}.`;
  }
  await makeFolder(folder);
  await writeFileAtomic(join(folder, BUDGET_FILE), `${JSON.stringify(budget)}\n`);
  const problem = overBudget(budget, spent);
  if (problem !== undefined) throw problem;
  if (before === '') return undefined;
  return `The budget of the run was ${before}, and is ${now} from now on; spent so far: ${describeAmount(spent, budget)}.`;
}
