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
 * Completes settings to a config: from the run if it has begun, otherwise with the defaults of the model to train.
 *
 * @param run the run folder, which need not exist.
 * @throws RewardEditError 'usage' if settings contradict each other; 'bad-input' if the model of `init` cannot be opened.
 */
export async function resolveTrainConfig(said: TrainSettings, run?: string): Promise<TrainConfig> {
  const settings = withoutUndefined(said);
  const earlier = run === undefined ? undefined : await recordedConfig(run);
  if (earlier) return trainConfigSchema.parse({ ...earlier, ...settings });
  const { preset, init, architecture, loraAlpha } = settings;
  if (preset !== undefined && init !== undefined) {
    throw new RewardEditError('usage', 'a preset makes a new model, so it cannot be combined with --init', {
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
  // The published recipe trains the whole U-Net and freezes the text encoder.
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

/** @throws RewardEditError 'usage' if an autoencoder is missing, or given to a model that needs none. */
function assertAutoencoder({ preset, autoencoder }: TrainSettings): void {
  if ((preset === 'latents') === (autoencoder !== undefined)) return;
  if (preset === 'latents') {
    throw new RewardEditError('usage', 'a new model on latents needs an autoencoder', {
      where: '--preset latents',
      hint: 'name its folder or file with --autoencoder',
    });
  }
  throw new RewardEditError('usage', 'an autoencoder can only be given to a new model on latents', {
    where: '--autoencoder',
    hint: 'add --preset latents, or leave it out: a model to start from has its own',
  });
}

/** @throws RewardEditError 'usage' for a change weight with a model that does not work on pixels. */
function assertNotWeighed({ changeWeight = 0 }: TrainSettings, what: string): void {
  if (changeWeight === 0) return;
  throw new RewardEditError('usage', 'a change weight is only supported for models on pixels', {
    where: '--change-weight',
    hint: `${what} works on the latents of an autoencoder`,
  });
}

function withoutUndefined(settings: TrainSettings): TrainSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Returns the config of a run that has begun; undefined if there is none or it cannot be read, which opening the run folder reports. */
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
