import { RewardEditError } from '@rewardedit/core';
import { TEXT_ENCODER, UNET } from '@rewardedit/diffusion';
import { sizeOf, type TensorSpec } from '@rewardedit/graph';
import { isFixedInSmartEdit, isLoraParameter, isRewardParameter, smartEditPartOf } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';

/** The parts of a model, each trained or frozen as a whole. */
export const TRAINED_PARTS = [
  'text-encoder',
  'unet',
  'rewards',
  'lora',
  'image-encoder',
  'language-model',
  'qformer',
  'interaction',
] as const;

export type TrainedPart = (typeof TRAINED_PARTS)[number];

const DESCRIPTIONS: Readonly<Record<TrainedPart, string>> = {
  'text-encoder': 'a text encoder',
  unet: 'a U-Net',
  rewards: 'reward layers, which stage 2 adds',
  lora: 'layers for LoRA to adapt',
  'image-encoder': 'an image encoder of its own, as SmartEdit has',
  'language-model': 'a language model of its own, as SmartEdit has',
  qformer: 'a Q-Former, as SmartEdit has',
  interaction: 'an interaction module, as SmartEdit has',
};

/** Returns the part of a parameter, by its name in the state. */
export function partOf(name: string): TrainedPart | 'vision-tower' {
  if (isLoraParameter(name)) return 'lora';
  const part = smartEditPartOf(name);
  if (part !== undefined) return part;
  if (name.startsWith(`${TEXT_ENCODER}.`)) return 'text-encoder';
  return isRewardParameter(name.slice(UNET.length + 1)) ? 'rewards' : 'unet';
}

/** The parts that alignment trains: those that compute the queries. The text encoder they are compared with has to be frozen. */
const ALIGNED_PARTS: readonly TrainedPart[] = ['qformer', 'language-model', 'image-encoder'];

/**
 * Selects the names of the trained parameters. Only these have moments, averages and entries in checkpoints.
 *
 * @throws RewardEditError 'usage' if the model does not have a part to train.
 */
export function trainableNames(
  { train, objective }: Pick<TrainConfig, 'train' | 'objective'>,
  parameters: readonly string[],
): readonly string[] {
  const all = objective === 'alignment' ? ALIGNED_PARTS : undefined;
  if (train.includes('all')) {
    if (train.length > 1) {
      throw new RewardEditError(
        'usage',
        `all already includes every part: ${train.join(' and ')} cannot be combined`,
        {
          where: '--train',
        },
      );
    }
    return parameters.filter(
      (name) => !isFixedInSmartEdit(name) && (all === undefined || all.some((part) => part === partOf(name))),
    );
  }
  const stays = train.filter((part) => part !== 'all' && all?.includes(part) === false);
  if (stays.length > 0) {
    throw new RewardEditError('usage', `the alignment does not train ${stays.join(' and ')}`, {
      where: '--train',
      hint: `it trains ${ALIGNED_PARTS.join(', ')}`,
    });
  }
  for (const part of train) {
    if (part === 'all' || parameters.some((name) => partOf(name) === part)) continue;
    throw new RewardEditError(
      'usage',
      `there is nothing to train: the model has no ${DESCRIPTIONS[part].replace(/^an? /, '')}`,
      {
        where: '--train',
        hint: `choose among ${[...new Set(parameters.map(partOf))].join(', ')}`,
      },
    );
  }
  return parameters.filter(
    (name) => !isFixedInSmartEdit(name) && train.some((part) => part === partOf(name)),
  );
}

/** Describes what is trained and what is frozen, with the numbers of parameters. */
export function describeTrainable(
  { parameters, trainable }: Pick<TrainedModel, 'parameters' | 'trainable'>,
  specs: Readonly<Record<string, TensorSpec>>,
): string {
  const counted = (names: readonly string[]) => {
    const parts = [...TRAINED_PARTS, 'vision-tower'].filter((part) =>
      names.some((name) => partOf(name) === part),
    );
    const values = names.reduce((total, name) => total + sizeOf(specs[name].shape), 0);
    return `${parts.join(', ')} (${values.toLocaleString('en')} values in ${names.length} tensors)`;
  };
  const frozen = parameters.filter((name) => !trainable.has(name));
  const stays = frozen.length === 0 ? '' : `; frozen: ${counted(frozen)}`;
  return `Trained: ${counted([...trainable])}${stays}`;
}
