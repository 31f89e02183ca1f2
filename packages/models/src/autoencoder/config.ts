import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { parseConfig } from '../config-errors.ts';
import { klConfigSchema, type KlConfig } from './kl-config.ts';
import { tinyConfigSchema, type TinyConfig } from './tiny-config.ts';

export type AutoencoderConfig = KlConfig | TinyConfig;

/** The class in diffusers for each kind. */
export const AUTOENCODER_CLASSES = { kl: 'AutoencoderKL', tiny: 'AutoencoderTiny' } as const;

const classSchema = z.looseObject({ _class_name: z.string().default(AUTOENCODER_CLASSES.kl) });

/**
 * Validates the configuration of an autoencoder in diffusers' `vae/config.json`. `_class_name` selects the kind.
 *
 * @param where file name for messages.
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseAutoencoderConfig(value: unknown, where = 'vae/config.json'): AutoencoderConfig {
  const { data } = classSchema.safeParse(value);
  const name = data?.['_class_name'] ?? AUTOENCODER_CLASSES.kl;
  if (name === AUTOENCODER_CLASSES.kl) return { kind: 'kl', ...parseConfig(klConfigSchema, value, where) };
  if (name === AUTOENCODER_CLASSES.tiny)
    return { kind: 'tiny', ...parseConfig(tinyConfigSchema, value, where) };
  throw new RewardEditError('bad-input', `the autoencoder has an unknown class, ${JSON.stringify(name)}`, {
    where,
    hint: `Supported are ${Object.values(AUTOENCODER_CLASSES).join(' and ')}.`,
  });
}
