import { join } from 'node:path';
import { RewardEditError, lockFile, openJournal, type Emit, type Triplet } from '@rewardedit/core';
import { openDataset, type Dataset } from '@rewardedit/data';
import { editMetrics } from '@rewardedit/metrics';
import type { Captions } from '../benchmarks/benchmark.ts';
import { readEditPictures } from './edit-pictures.ts';
import { METRICS_FILE, readMetrics, type MeasuredEdit } from './metrics-journal.ts';
import type { PerceptualMetric } from './perceptual-metrics.ts';

export interface MeasureOptions {
  readonly folder: string;
  readonly perceptual: readonly PerceptualMetric[];
  /** Captions of the items' pictures, by id. */
  readonly captions?: ReadonlyMap<string, Captions>;
  /** Receives progress, and each edit that cannot be measured with the reason. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

/** A power cut may lose this many measurements, which are then repeated. */
const LINES_PER_SYNC = 64;

/**
 * Measures every edit of a run that has not been measured yet, or not with all of the networks, and appends a line for each to
 * `metrics.jsonl`.
 * @throws RewardEditError 'interrupted' on `signal`; the same call resumes.
 */
export async function measureEdits({
  folder,
  perceptual,
  captions = new Map(),
  emit = () => undefined,
  signal,
}: MeasureOptions): Promise<void> {
  const dataset = await openDataset(folder);
  const path = join(folder, METRICS_FILE);
  const unlock = await lockFile(path);
  try {
    const known = await readMetrics(folder);
    const journal = await openJournal(path, { syncEvery: LINES_PER_SYNC });
    let done = 0;
    try {
      for await (const triplet of dataset.triplets()) {
        if (signal?.aborted === true) {
          throw new RewardEditError('interrupted', `stopped after ${done} edits were measured`, {
            where: folder,
            hint: 'the same command resumes from there',
          });
        }
        const said = captions.get(triplet.id);
        if (!isMeasured(known.get(triplet.id), perceptual, said)) {
          const measured = await measureEdit(dataset, triplet, perceptual, said);
          await journal.append(measured);
          const { id, missing: reason } = measured;
          if (reason !== undefined) emit({ type: 'quarantined', id, reason });
        }
        done += 1;
        emit({ type: 'progress', done });
      }
    } finally {
      await journal.close();
    }
  } finally {
    await unlock();
  }
}

/** Whether nothing is left to measure; an edit that could not be measured is not tried again. */
function isMeasured(
  known: MeasuredEdit | undefined,
  perceptual: readonly PerceptualMetric[],
  captions: Captions | undefined,
): boolean {
  if (known === undefined) return false;
  return (
    known.missing !== undefined || perceptual.every(({ columnOf }) => columnOf(captions) in known.metrics)
  );
}

async function measureEdit(
  dataset: Dataset,
  triplet: Triplet,
  perceptual: readonly PerceptualMetric[],
  captions: Captions | undefined,
): Promise<MeasuredEdit> {
  try {
    const pictures = await readEditPictures(dataset, triplet);
    const measured = await Promise.all(perceptual.map(({ measure }) => measure(pictures, captions)));
    const metrics = Object.assign({}, editMetrics(pictures), ...measured) as Record<string, number>;
    return { id: triplet.id, metrics };
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') {
      return { id: triplet.id, metrics: {}, missing: error.message };
    }
    throw error;
  }
}
