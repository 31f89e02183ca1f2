import { RewardEditError, type FileFingerprint } from '@rewardedit/core';
import { float32Of, sizeOf, type TensorData } from '@rewardedit/graph';
import { mergedWeight, type LoraSettings } from './lora.ts';
import type { ParameterSpecs } from './parameters.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import type { TensorFile } from './tensor-file.ts';

/** The file that diffusers' `load_lora_weights` looks for. */
export const LORA_FILE = 'pytorch_lora_weights.safetensors';

/** How layers of a U-Net are called in a file for a whole pipeline. */
const UNET_PREFIX = 'unet.';

/** How the two thin weights of a layer, and what their product is multiplied by, are called: by PEFT now, and by diffusers before. */
const ENDINGS: Readonly<Record<string, 'a' | 'b' | 'alpha'>> = {
  '.lora_A.weight': 'a',
  '.lora_B.weight': 'b',
  '.lora.down.weight': 'a',
  '.lora.up.weight': 'b',
  '.alpha': 'alpha',
};

/** The adaptation of one weight: the names of its tensors in the file. */
export interface LoraLayer {
  readonly a: string;
  readonly b: string;
  readonly alpha?: string | undefined;
}

/**
 * The adapted weights of a U-Net in a LoRA file of diffusers' layout, by the weight's name in the U-Net.
 *
 * @param specs the U-Net's parameters.
 * @throws RewardEditError 'bad-input' that names tensors which belong to no weight of the U-Net, or are of other shapes.
 */
export function loraLayers(
  file: Pick<TensorFile, 'path' | 'tensors'>,
  specs: ParameterSpecs,
): Map<string, LoraLayer> {
  const layers = new Map<string, Partial<Record<'a' | 'b' | 'alpha', string>>>();
  const strangers: string[] = [];
  for (const name of file.tensors.keys()) {
    const ending = Object.keys(ENDINGS).find((each) => name.endsWith(each));
    const weight = ending && `${name.slice(0, -ending.length)}.weight`.replace(UNET_PREFIX, '');
    if (ending === undefined || weight === undefined || !name.startsWith(UNET_PREFIX) || !(weight in specs)) {
      strangers.push(name);
      continue;
    }
    layers.set(weight, { ...layers.get(weight), [ENDINGS[ending]]: name });
  }
  const refuse = (problem: string) =>
    new RewardEditError('bad-input', `the LoRA file does not fit the model: ${problem}`, {
      where: file.path,
      hint: "It must be of the model's architecture, and in the layout of diffusers' save_lora_weights, with layers of the U-Net only.",
    });
  if (strangers.length > 0)
    throw refuse(
      `${strangers.length} tensors belong to no weight of the U-Net: ${strangers.slice(0, 5).join(', ')}`,
    );
  if (layers.size === 0) throw refuse('there is nothing in it');
  for (const [weight, { a, b }] of layers) {
    if (a === undefined || b === undefined) throw refuse(`${weight} has only one of its two parts`);
    const [[rank, ...inputs], [outputs, own]] = [a, b].map((part) => file.tensors.get(part)!.shape);
    const fits =
      rank === own &&
      outputs === specs[weight].shape[0] &&
      sizeOf(inputs) === sizeOf(specs[weight].shape.slice(1));
    if (!fits) throw refuse(`the parts of ${weight} are of other shapes than it`);
  }
  return layers as Map<string, LoraLayer>;
}

/** The values of a U-Net's weight with its adaptation in the file added, W + (alpha / r) B A. */
export async function withLora(
  file: TensorFile,
  layer: LoraLayer | undefined,
  weight: TensorData,
  strength = 1,
): Promise<TensorData> {
  if (!layer) return weight;
  const rank = file.tensors.get(layer.a)!.shape[0];
  const [a, b] = [await file.float32(layer.a), await file.float32(layer.b)];
  // Where nothing is said, alpha is the rank.
  const alpha = layer.alpha === undefined ? rank : (await file.float32(layer.alpha))[0];
  return mergedWeight(weight, { a, b, rank, scale: (strength * alpha) / rank });
}

/**
 * Writes an adaptation as diffusers' `load_lora_weights` takes it. B is multiplied by alpha / r, so that no reader needs to be told.
 *
 * @param parameters from `loraParameters` of a model whose U-Net stands under the prefix `unet.`, as in the file.
 */
export function writeLora(
  path: string,
  parameters: ParameterSpecs,
  { rank, alpha }: LoraSettings,
  read: (name: string) => Promise<TensorData>,
): Promise<FileFingerprint> {
  return writeSafetensors(path, parameters, async (name) => {
    const values = float32Of(await read(name));
    return name.endsWith('.lora_B.weight') ? values.map((value) => (value * alpha) / rank) : values;
  });
}
