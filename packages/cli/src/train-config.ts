import type { TrainConfig } from '@rewardedit/train';
import { trainFlags } from './train-flags.ts';

/**
 * The training's config that the options make.
 *
 * @throws RewardEditError 'usage' that names the option whose value does not fit.
 */
export async function toTrainConfig(options: Readonly<Record<string, unknown>>): Promise<TrainConfig> {
  const { trainConfigSchema } = await import('@rewardedit/train');
  const entries = Object.keys(trainFlags).map((name) => [configKey(name), options[name]] as const);
  const given = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const config = trainConfigSchema.safeParse({ ...given, stage: Number(options['stage']) });
  if (config.success) return config.data;
  const { RewardEditError } = await import('@rewardedit/core');
  const { path, message } = config.error.issues[0];
  const flag = `--${flagName(String(path[0]))}`;
  throw new RewardEditError('usage', `${flag} does not fit (${message})`, {
    where: flag,
    hint: '`rewardedit train --help` shows how it is used',
  });
}

/** `batch-size` as the training calls it: `batchSize`. */
export function configKey(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
