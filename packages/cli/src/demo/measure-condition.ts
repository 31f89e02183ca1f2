import { join } from 'node:path';
import type { Emit, SavePreview } from '@rewardedit/core';
import type { EvalRun } from '@rewardedit/eval';
import type { Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { modelDigest } from '../models/model-digest.ts';
import type { Condition } from './conditions.ts';
import { DEMO_SIDE } from './demo-size.ts';
import { partPath } from './make-data.ts';

/** The sampler's steps: four are as good as ten with a network that predicts the picture. */
const STEPS = 4;

export const conditionFolder = (folder: string, { name }: Pick<Condition, 'name'>) =>
  join(folder, 'eval', name);

/** Makes the edits of one condition, has the oracle score them and measures them: a run as `eval` makes it, which goes on where it was. */
export async function measureCondition(
  condition: Condition,
  options: {
    readonly folder: string;
    /** The model's folder. */
    readonly model: string;
    readonly backend: Backend;
    readonly seed: number;
    readonly precision: Precision;
    readonly emit: Emit;
    readonly signal: AbortSignal;
    readonly savePreview: SavePreview;
  },
): Promise<EvalRun> {
  const { annotate, createOracle } = await import('@rewardedit/annotate');
  const { claimRunFolder } = await import('@rewardedit/core');
  const { createFetch, openDataset } = await import('@rewardedit/data');
  const { defaultEditSettings, loadEditModel } = await import('@rewardedit/diffusion');
  const { collectEdits, measureEdits, modelCandidate, openBenchmark, openEvalRun } =
    await import('@rewardedit/eval');
  const { folder, model, backend, seed, precision, emit, signal, savePreview } = options;
  const run = conditionFolder(folder, condition);
  const on = partPath(folder, 'held-out');
  const benchmark = await openBenchmark(on, { columns: {}, fetch: createFetch([]) });
  const parts = await loadEditModel(model, backend, { precision });
  const { reward = defaultEditSettings(parts.model).reward, rewardScale } = condition;
  const candidate = modelCandidate({
    parts,
    settings: { ...defaultEditSettings(parts.model), seed, steps: STEPS, reward, rewardScale },
    side: DEMO_SIDE,
    config: { model, digest: await modelDigest(model), backend: backend.name },
  });
  const config = { command: 'demo', benchmark: { path: on }, candidate: candidate.config };
  const release = await claimRunFolder(run, { config });
  try {
    await collectEdits({ benchmark, candidate, folder: run, signal, emit, savePreview });
    await measureEdits({ folder: run, perceptual: [], signal });
    await annotate({ dataset: await openDataset(run), judge: createOracle(), signal });
    return await openEvalRun(run);
  } finally {
    await release();
    await candidate.dispose();
    await parts.state.dispose();
  }
}
