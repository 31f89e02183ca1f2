import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { parseJson } from './json-files.ts';
import type { TensorFile } from './tensor-file.ts';

/** The key in a safetensors file's metadata under which diffusers stores PEFT's settings, prefixed by network. */
const METADATA_KEY = 'lora_adapter_metadata';

const settingsSchema = z.looseObject({
  lora_alpha: z.number().optional(),
  alpha_pattern: z.record(z.string(), z.number()).default({}),
  use_rslora: z.boolean().default(false),
});

/**
 * Returns the factor of B A according to the metadata of a LoRA file; 1 without metadata.
 *
 * @returns a function of the adapted weight, with its network's prefix, and of the rank.
 * @throws RewardEditError 'bad-input' for settings that are invalid.
 */
export function factorFromMetadata({
  path,
  metadata,
}: Pick<TensorFile, 'path' | 'metadata'>): (weight: string, rank: number) => number {
  const text = metadata.get(METADATA_KEY);
  if (text === undefined) return () => 1;
  const flat = parseJson(text, path, z.record(z.string(), z.unknown()));
  const settingsOf = (target: string) => {
    const own = Object.entries(flat).filter(([key]) => key.startsWith(`${target}.`));
    const parsed = settingsSchema.safeParse(
      Object.fromEntries(own.map(([key, value]) => [key.slice(target.length + 1), value])),
    );
    if (parsed.success) return parsed.data;
    throw new RewardEditError('bad-input', `the metadata has invalid PEFT settings for ${target}`, {
      where: path,
    });
  };
  const settings = { unet: settingsOf('unet'), text_encoder: settingsOf('text_encoder') };
  return (weight, rank) => {
    const [target, ...rest] = weight.replace(/\.weight$/, '').split('.');
    const {
      lora_alpha: said,
      alpha_pattern: patterns,
      use_rslora: isRankStabilized,
    } = settings[target as keyof typeof settings];
    const layer = rest.join('.');
    // As in PEFT, a pattern matches the end of a layer's name.
    const pattern = Object.keys(patterns).find((key) => layer === key || layer.endsWith(`.${key}`));
    const alpha = pattern === undefined ? said : patterns[pattern];
    return alpha === undefined ? 1 : alpha / (isRankStabilized ? Math.sqrt(rank) : rank);
  };
}
