import { RewardEditError } from '@rewardedit/core';
import { TEXT_ENCODER, UNET } from '@rewardedit/diffusion';
import { sizeOf, type TensorSpec } from '@rewardedit/graph';
import { isFixedInSmartEdit, isLoraParameter, isRewardParameter, smartEditPartOf } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';

/** The parts of a model that are trained or stay as they are, each as a whole. */
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
  rewards: 'reward layers, which stage 2 has',
  lora: 'layers that LoRA adapts',
  'image-encoder': 'an image encoder of its own, which SmartEdit has',
  'language-model': 'a language model of its own, which SmartEdit has',
  qformer: 'a Q-Former, which SmartEdit has',
  interaction: 'an interaction module, which SmartEdit has',
};

/** The part that a parameter belongs to, by its name in the state. */
export function partOf(name: string): TrainedPart | 'vision-tower' {
  if (isLoraParameter(name)) return 'lora';
  const part = smartEditPartOf(name);
  if (part !== undefined) return part;
  if (name.startsWith(`${TEXT_ENCODER}.`)) return 'text-encoder';
  return isRewardParameter(name.slice(UNET.length + 1)) ? 'rewards' : 'unet';
}

/** What the alignment trains: what makes queries of instructions. What they are compared with has to stay as it is. */
const ALIGNED_PARTS: readonly TrainedPart[] = ['qformer', 'language-model', 'image-encoder'];

/**
 * The names of what is trained, of all parameters of a model: moments, averages and checkpoints hold only these.
 *
 * @throws RewardEditError 'usage' where a part that is to be trained is not in the model.
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
        `all of the model is trained, or parts of it, not ${train.join(' and ')}`,
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

/** What is trained and what stays as it is, with the numbers of parameters, in words. */
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
  const stays = frozen.length === 0 ? '' : `; stays as it is: ${counted(frozen)}`;
  return `Trained: ${counted([...trainable])}${stays}`;
}
