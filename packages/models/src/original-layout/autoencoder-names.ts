import type { KlConfig } from '../autoencoder/kl-config.ts';
import { renamer, type Renaming } from './renaming.ts';

const PARTS: Renaming = [
  ['conv_norm_out', 'norm_out'],
  ['conv_shortcut', 'nin_shortcut'],
  ['group_norm', 'norm'],
  ['to_q', 'q'],
  ['to_k', 'k'],
  ['to_v', 'v'],
  ['to_out.0', 'proj_out'],
];

/**
 * Returns a function from diffusers' names of an autoencoder's weights to those of Stable Diffusion's original code, in which the decoder's levels
 * are numbered from the highest resolution down.
 */
export function originalAutoencoderNames({ block_out_channels: levels }: KlConfig): (name: string) => string {
  const fromTop = (level: number) => levels.length - 1 - level;
  const places: Renaming = [
    ['down_blocks.#.resnets.#', (level, layer) => `down.${level}.block.${layer}`],
    ['down_blocks.#.downsamplers.0', (level) => `down.${level}.downsample`],
    ['up_blocks.#.resnets.#', (level, layer) => `up.${fromTop(level)}.block.${layer}`],
    ['up_blocks.#.upsamplers.0', (level) => `up.${fromTop(level)}.upsample`],
    ['mid_block.resnets.#', (layer) => `mid.block_${layer + 1}`],
    ['mid_block.attentions.0', 'mid.attn_1'],
  ];
  return renamer(places, PARTS);
}
