import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '@rewardedit/core';
import { z } from 'zod';

/** The journal of metrics in the run folder. */
export const METRICS_FILE = 'metrics.jsonl';

const lineSchema = z.object({
  id: z.string().min(1),
  metrics: z.record(z.string(), z.number()),
  /** Why the edit could not be measured. */
  missing: z.string().exactOptional(),
});

/** The measurements of one item's edit. */
export type MeasuredEdit = z.infer<typeof lineSchema>;

/** Reads the journal of a run; empty if nothing has been measured yet. The last line about an item counts. */
export async function readMetrics(folder: string): Promise<Map<string, MeasuredEdit>> {
  const path = join(folder, METRICS_FILE);
  const found = new Map<string, MeasuredEdit>();
  if (!existsSync(path)) return found;
  for await (const { value } of readJsonLines(path, { schema: lineSchema, tornLastLine: 'ignore' })) {
    found.set(value.id, value);
  }
  return found;
}
