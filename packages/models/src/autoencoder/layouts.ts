import { RewardEditError } from '@rewardedit/core';
import type { TensorFile } from '../tensor-file.ts';
import type { WeightOptions } from '../weights.ts';
import { tinyConfigSchema, type TinyConfig } from './tiny-config.ts';

/** Names of the attention layers in old versions of diffusers, by their current names. */
const OLD_ATTENTION: Readonly<Record<string, string>> = {
  to_q: 'query',
  to_k: 'key',
  to_v: 'value',
  'to_out.0': 'proj_attn',
};

/** Returns how a file names an autoencoder's weights, for `loadWeights`. */
export function autoencoderNames({ tensors }: Pick<TensorFile, 'tensors'>): WeightOptions {
  if (tensors.has('encoder.mid_block.attentions.0.query.weight'))
    return {
      nameInFile: (name) =>
        name.replace(/\.(to_[qkv]|to_out\.0)\./, (_, part: string) => `.${OLD_ATTENTION[part]}.`),
    };
  // The layout of madebyollin/taesd, in which layer 0 of the decoder clamps the latent.
  if (tensors.has('encoder.0.weight'))
    return {
      nameInFile: (name) =>
        name
          .replace(/^encoder\.layers\./, 'encoder.')
          .replace(/^decoder\.layers\.(\d+)/, (_, layer: string) => `decoder.${Number(layer) + 1}`),
    };
  return {};
}

/**
 * Infers the configuration of a tiny autoencoder from the names and shapes of its weights, in either layout.
 *
 * @throws RewardEditError 'bad-input' if they are not weights of a tiny autoencoder.
 */
export function tinyConfigOf({ path, tensors }: Pick<TensorFile, 'path' | 'tensors'>): TinyConfig {
  const encoder = levelsOf(tensors, 'encoder');
  const decoder = levelsOf(tensors, 'decoder');
  const parsed = tinyConfigSchema.safeParse({
    encoder_block_out_channels: encoder.blocks.map(() => encoder.width),
    decoder_block_out_channels: decoder.blocks.map(() => decoder.width),
    num_encoder_blocks: encoder.blocks,
    num_decoder_blocks: decoder.blocks,
    latent_channels: encoder.outputs,
    pool_branches: [...tensors.keys()].some((name) => name.includes('.pool.')),
  });
  if (parsed.success) return { kind: 'tiny', ...parsed.data };
  throw new RewardEditError('bad-input', 'the weights are not those of a tiny autoencoder', {
    where: path,
    hint: 'An autoencoder of another kind needs a config.json next to its weights.',
  });
}

/** Returns the blocks per level of one half (levels are separated by convolutions without bias), its width, and its output channels. */
function levelsOf(tensors: TensorFile['tensors'], half: string) {
  const layers = new Map<number, { isBlock: boolean; hasBias: boolean; shape: readonly number[] }>();
  for (const [name, { shape }] of tensors) {
    const found = new RegExp(`^${half}\\.(?:layers\\.)?(\\d+)\\.(conv\\.0\\.)?weight$`).exec(name);
    if (!found) continue;
    const bias = name.replace(/weight$/, 'bias');
    layers.set(Number(found[1]), { isBlock: found[2] !== undefined, hasBias: tensors.has(bias), shape });
  }
  const blocks = [0];
  const inOrder = [...layers].toSorted(([a], [b]) => a - b).map(([, layer]) => layer);
  for (const { isBlock, hasBias } of inOrder) {
    if (isBlock) blocks[blocks.length - 1]++;
    else if (!hasBias) blocks.push(0);
  }
  return { blocks, width: inOrder[0]?.shape[0], outputs: inOrder.at(-1)?.shape[0] };
}
