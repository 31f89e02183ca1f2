import { RewardEditError } from '@rewardedit/core/errors';
import type { TrainSettings } from '@rewardedit/train';
import { trainFlags } from '../flags/train-flags.ts';

/**
 * Converts the options to settings of a training. Missing ones follow from the model, or from the run that is resumed.
 *
 * @throws RewardEditError 'usage' that names the option with an invalid value.
 */
export async function toTrainSettings(options: Readonly<Record<string, unknown>>): Promise<TrainSettings> {
  const { trainSettingsSchema } = await import('@rewardedit/train');
  const entries = Object.keys(trainFlags).map((name) => [configKey(name), options[name]] as const);
  const given = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const stage = given['stage'];
  const settings = trainSettingsSchema.safeParse({
    ...given,
    ...(stage !== undefined && { stage: Number(stage) }),
  });
  if (settings.success) return settings.data;
  const { path, message } = settings.error.issues[0];
  const flag = `--${flagName(String(path[0]))}`;
  throw new RewardEditError('usage', `invalid value for ${flag}: ${message}`, {
    where: flag,
    hint: '`rewardedit train --help` shows its usage',
  });
}

/** Name of an option in the config of a training: `batchSize` for `batch-size`. */
export function configKey(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
