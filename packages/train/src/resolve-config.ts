import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { editModelConfig, trainedSide } from '@rewardedit/diffusion';
import { openModel } from '@rewardedit/models';
import { BEFORE_SET, trainConfigSchema, type TrainConfig, type TrainSettings } from './config.ts';
import { COMMON_DEFAULTS, defaultsFor, kindOf } from './defaults.ts';
import { hasBegun } from './run-inputs.ts';

/**
 * The config that some settings make: what they do not say is read back from the run, where it has begun, and follows from the model
 * that is trained, where it has not.
 *
 * @param run the run folder, which need not be there.
 * @throws RewardEditError 'usage' where the settings do not go together; 'bad-input' where the model of `init` cannot be opened.
 */
export async function resolveTrainConfig(said: TrainSettings, run?: string): Promise<TrainConfig> {
  const settings = withoutUndefined(said);
  const earlier = run === undefined ? undefined : await recordedConfig(run);
  if (earlier) return trainConfigSchema.parse({ ...earlier, ...settings });
  const { preset, init, architecture, loraAlpha } = settings;
  if (preset !== undefined && init !== undefined) {
    throw new RewardEditError('usage', 'a model is made new by a preset, or one is gone on with, not both', {
      where: '--preset',
    });
  }
  assertAutoencoder(settings);
  if (init === undefined) {
    if (preset === 'latents') assertNotWeighed(settings, 'a new model of this preset');
    return completed({ preset: 'scenes', ...settings }, defaultsFor(preset ?? 'scenes'));
  }
  const opened = await openModel(init, { architecture });
  const kind = kindOf(opened);
  if (!('pixelSpace' in opened.images)) assertNotWeighed(settings, `the model in ${init}`);
  const size = kind === 'published' ? undefined : trainedSide(editModelConfig(opened));
  // The published recipe trains the whole U-Net, and neither the text encoder nor the autoencoder.
  const stage = settings.stage ?? COMMON_DEFAULTS.stage;
  const train = stage === 2 ? (['unet', 'rewards'] as const) : (['unet'] as const);
  return completed(settings, {
    ...defaultsFor(kind),
    ...(kind === 'published' && { train: [...train] }),
    ...(size !== undefined && { size }),
  });

  function completed(chosen: TrainSettings, defaults: ReturnType<typeof defaultsFor>): TrainConfig {
    const config = { ...defaults, ...chosen };
    return trainConfigSchema.parse({ ...config, loraAlpha: loraAlpha ?? config.loraRank });
  }
}

/** @throws RewardEditError 'usage' where an autoencoder is missing, or there is no place for one. */
function assertAutoencoder({ preset, autoencoder }: TrainSettings): void {
  if ((preset === 'latents') === (autoencoder !== undefined)) return;
  if (preset === 'latents') {
    throw new RewardEditError('usage', 'a new model on latents needs an autoencoder', {
      where: '--preset latents',
      hint: 'name its folder, or its file, with --autoencoder',
    });
  }
  throw new RewardEditError('usage', 'only a new model on latents is given an autoencoder', {
    where: '--autoencoder',
    hint: 'add --preset latents, or leave it out: a model to start from has its own',
  });
}

/** @throws RewardEditError 'usage' where changed values are to be weighed by a model that does not see them as values. */
function assertNotWeighed({ changeWeight = 0 }: TrainSettings, what: string): void {
  if (changeWeight === 0) return;
  throw new RewardEditError('usage', 'what an edit changes can only be weighed in pixel space', {
    where: '--change-weight',
    hint: `${what} works on the latents of an autoencoder`,
  });
}

function withoutUndefined(settings: TrainSettings): TrainSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** The config of a run that has begun; undefined where there is none, or it cannot be read, which opening the run folder will tell. */
async function recordedConfig(run: string): Promise<TrainConfig | undefined> {
  const path = join(run, 'config.json');
  if (!hasBegun(run) || !existsSync(path)) return undefined;
  try {
    const recorded = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const keys = Object.keys(trainConfigSchema.shape).filter((key) => key in recorded);
    const known = Object.fromEntries(keys.map((key) => [key, recorded[key]]));
    return trainConfigSchema.safeParse({ ...BEFORE_SET, ...known }).data;
  } catch {
    return undefined;
  }
}
