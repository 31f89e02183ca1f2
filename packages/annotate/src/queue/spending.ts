import type { Redis } from 'ioredis';
import { withRetries } from './connect-queue.ts';
import { spentKey } from './queue-run.ts';

/** What asking models has cost. */
export type Spending = { readonly calls: number; readonly dollars: number };

/** Adds to what a run has cost; it counts up in Redis, so it outlives workers and coordinator. */
export async function addSpending(redis: Redis, id: string, { calls, dollars }: Spending): Promise<void> {
  if (calls === 0 && dollars === 0) return;
  const key = spentKey(id);
  // Both at once, so that nobody reads one without the other.
  await withRetries(redis, () =>
    redis.multi().hincrby(key, 'calls', calls).hincrbyfloat(key, 'dollars', dollars).exec(),
  );
}

export async function readSpending(redis: Redis, id: string): Promise<Spending> {
  const { calls = '0', dollars = '0' } = await redis.hgetall(spentKey(id));
  return { calls: Number(calls), dollars: Number(dollars) };
}

/** Gives what was spent between its calls, from what was spent in all. */
export function createSpendingMeter(total: () => Spending): () => Spending {
  let told = total();
  return () => {
    const now = total();
    const since = { calls: now.calls - told.calls, dollars: now.dollars - told.dollars };
    told = now;
    return since;
  };
}
