import { readRewards, readRewrites, rewardsPath, rewritesPath } from '@rewardedit/annotate';
import { RewardEditError, isMissing, type Reward, type Rewrites } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { assertStates } from '@rewardedit/diffusion';
import { isContrasted } from './contrast-loss.ts';
import { datasetChanges } from './dataset-record.ts';
import { openTrainedModel, type TrainedModel } from './model.ts';
import { readRunInputs, type RunInputs } from './run-inputs.ts';
import { assertRewarded, assertRewritten, surveyDataset, type Survey } from './survey.ts';
import type { TrainOptions } from './train.ts';

/** Everything a run reads before it writes anything. */
export interface Prepared {
  readonly rewards: ReadonlyMap<string, Reward>;
  /** Other instructions, by id; empty unless the config asks for them. */
  readonly rewrites: ReadonlyMap<string, Rewrites>;
  readonly survey: Survey;
  readonly trained: TrainedModel;
  /** Undefined if the run has not begun. */
  readonly recorded: RunInputs | undefined;
  /** Descriptions of changes in the dataset since then. */
  readonly changes: readonly string[];
}

/**
 * Reads the dataset, the model and the records of the run.
 *
 * @throws RewardEditError 'bad-input' for stage 2 without rewards, missing rewritten instructions, or a dataset that has changed since the run
 * began.
 */
export async function prepare({
  dataset: folder,
  run,
  config,
  acceptChangedData,
  states,
}: Pick<TrainOptions, 'dataset' | 'run' | 'config' | 'acceptChangedData' | 'states'>): Promise<Prepared> {
  const dataset = await openDataset(folder);
  const journal = rewardsPath(dataset);
  const rewards = await rewardsIn(journal);
  const rectify = config.instructions === 'rectified';
  const wantsRewrites = rectify || isContrasted(config);
  const rewrites = wantsRewrites ? await readRewrites(rewritesPath(dataset)) : new Map<string, Rewrites>();
  const survey = await surveyDataset(dataset, rewards, {
    rewrites,
    rectify,
    recordsRewards: config.stage === 2,
    split: config.split,
  });
  assertRewarded(survey, config.stage, journal);
  assertRewritten(survey, config, rewritesPath(dataset));
  const recorded = await readRunInputs(run);
  const changes = recorded ? datasetChanges(recorded.record, survey.record) : [];
  if (changes.length > 0 && acceptChangedData !== true) {
    throw new RewardEditError(
      'bad-input',
      `the dataset has changed since the run began: ${changes.join('; ')}`,
      {
        where: folder,
        hint: 'restore the dataset, start another run, or resume with the changed data: --accept-changed-data',
      },
    );
  }
  const texts = [...survey.instructions.keys(), ...survey.wrong, ...survey.feedback.keys()];
  const trained = await openTrainedModel(config, { texts, recorded: recorded?.tokenizer });
  assertStates(trained.model.smartEdit, states);
  return { rewards, rewrites, survey, trained, recorded, changes };
}

/** Reads the rewards of judges and people; empty if there are none yet. */
async function rewardsIn(journal: string): Promise<ReadonlyMap<string, Reward>> {
  try {
    return await readRewards(journal);
  } catch (error) {
    if (error instanceof RewardEditError && isMissing(error.cause)) return new Map();
    throw error;
  }
}
