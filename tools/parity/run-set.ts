import { RewardEditError } from '@rewardedit/core';
import type { Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import type { Check } from './kinds.ts';
import type { ReferenceSet } from './reference-sets.ts';
import type { Outcome } from './report.ts';

/** Checks one set; an error becomes its outcome, so that later sets are still checked. */
export async function runSet(
  set: ReferenceSet,
  backend: Backend,
  check: Check | undefined,
  precision?: Precision,
): Promise<Outcome> {
  if (!check) return { set, status: 'skipped' };
  const start = performance.now();
  try {
    const groups = await check(set, backend, precision);
    return { set, status: 'checked', groups, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    const where = error instanceof RewardEditError && error.where !== undefined ? `${error.where}: ` : '';
    return {
      set,
      status: 'error',
      message: where + (error instanceof Error ? error.message : String(error)),
    };
  }
}
