import { join } from 'node:path';
import type { EvalRun } from '@rewardedit/eval';
import type { Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { modelDigest } from '../models/model-digest.ts';
import type { WorkHooks } from '../running/command-context.ts';
import type { Condition } from './experiment.ts';
import { DEMO_SIDE } from './demo-size.ts';
import { partPath } from './make-data.ts';

/** Sampler steps: four are as good as ten for a network that predicts the picture. */
const STEPS = 4;

export const conditionFolder = (folder: string, { name }: Pick<Condition, 'name'>) =>
  join(folder, 'eval', name);

/** Makes, scores and measures the edits of one condition, as an `eval` run that can be resumed. */
export async function measureCondition(
  condition: Condition,
  options: Omit<WorkHooks, 'requests'> & {
    readonly folder: string;
    /** The model's folder. */
    readonly model: string;
    readonly backend: Backend;
    readonly seed: number;
    readonly precision: Precision;
  },
): Promise<EvalRun> {
  const { annotate, createOracle } = await import('@rewardedit/annotate');
  const { claimRunFolder } = await import('@rewardedit/core');
  const { createFetch, openDataset } = await import('@rewardedit/data');
  const { defaultEditSettings, openEditModel } = await import('@rewardedit/diffusion');
  const { collectEdits, measureEdits, modelCandidate, openBenchmark, openEvalRun } =
    await import('@rewardedit/eval');
  const { folder, model: path, backend, seed, precision, emit, signal, savePreview, whilePaused } = options;
  const run = conditionFolder(folder, condition);
  const on = partPath(folder, 'held-out');
  const benchmark = await openBenchmark(on, { columns: {}, fetch: createFetch([]) });
  const model = await openEditModel(path, { precision });
  const defaults = defaultEditSettings(model.model);
  const { reward = defaults.reward, rewardScale } = condition;
  const candidate = modelCandidate({
    ...{ model, backend },
    settings: { ...defaults, seed, steps: STEPS, reward, rewardScale },
    size: { side: DEMO_SIDE },
    config: { model: path, digest: await modelDigest(path), backend: backend.name },
  });
  const config = { command: 'demo', benchmark: { path: on }, candidate: candidate.config };
  const release = await claimRunFolder(run, { config });
  try {
    await collectEdits({ benchmark, candidate, folder: run, signal, emit, savePreview, whilePaused });
    await measureEdits({ folder: run, perceptual: [], signal });
    await annotate({ dataset: await openDataset(run), judge: createOracle(), signal });
    return await openEvalRun(run);
  } finally {
    await release();
    await candidate.dispose();
  }
}
