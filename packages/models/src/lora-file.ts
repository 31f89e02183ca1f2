import { RewardEditError, type FileFingerprint } from '@rewardedit/core';
import { float32Of, sizeOf, type TensorData } from '@rewardedit/graph';
import { factorFromMetadata } from './lora-alpha.ts';
import { loraTensors, type LoraTargets, type LoraTensor } from './lora-layouts.ts';
import { mergedWeight, type LoraSettings } from './lora.ts';
import type { OpenedModel } from './model-folder.ts';
import { clipTextParameters, unetParameters } from './network-parameters.ts';
import { openTensorFile } from './open-tensor-file.ts';
import type { ParameterSpecs } from './parameters.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import type { TensorFile } from './tensor-file.ts';

/** The file name that diffusers' `load_lora_weights` expects. */
export const LORA_FILE = 'pytorch_lora_weights.safetensors';

/** Number of names listed in a message. */
const LISTED = 5;

/** A LoRA file and its strength; 1 (default) is as trained. */
export interface LoraChoice {
  readonly path: string;
  readonly strength?: number | undefined;
}

/** LoRA files that fit a model. */
export interface OpenLoras {
  /**
   * Returns a weight with all files merged into it: W + sum of strength (alpha / r) B A.
   *
   * @param name with the prefix of its network, `unet.` or `text_encoder.`.
   */
  merged(name: string, values: TensorData): Promise<TensorData>;
  close(): Promise<void>;
}

/** Names of a layer's tensors in the file. */
type LoraLayer = Readonly<Record<'a' | 'b', string>> & { readonly alpha?: string };

/**
 * Opens LoRA files in any layout supported by diffusers' `load_lora_weights` for Stable Diffusion 1.x: PEFT's, diffusers' older one, and
 * kohya's.
 *
 * @throws RewardEditError 'bad-input' naming tensors that match no weight of the model, or have other shapes.
 */
export async function openLoras(
  model: Pick<OpenedModel, 'unet' | 'textEncoder'>,
  choices: readonly LoraChoice[],
): Promise<OpenLoras> {
  const opened: { file: TensorFile; layers: ReadonlyMap<string, LoraLayer>; strength: number }[] = [];
  const close = async () => {
    await Promise.all(opened.map(({ file }) => file.close()));
  };
  if (choices.length === 0) return { merged: async (_, values) => values, close };
  const targets = {
    unet: unetParameters(model.unet),
    text_encoder: clipTextParameters(model.textEncoder),
  };
  try {
    for (const { path, strength = 1 } of choices) {
      const file = await openTensorFile(path);
      const layers = await closingOnFailure(file, () => loraLayers(file, targets));
      opened.push({ file, layers, strength });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async merged(name, values) {
      let merged = values;
      for (const { file, layers, strength } of opened) {
        const layer = layers.get(name);
        if (layer) merged = await withLayer(file, name, layer, merged, strength);
      }
      return merged;
    },
    close,
  };
}

async function closingOnFailure<Result>(file: TensorFile, work: () => Result): Promise<Result> {
  try {
    return work();
  } catch (error) {
    await file.close();
    throw error;
  }
}

function loraLayers(
  file: Pick<TensorFile, 'path' | 'tensors'>,
  targets: LoraTargets,
): ReadonlyMap<string, LoraLayer> {
  const tensorOf = loraTensors(targets);
  const layers = new Map<string, Partial<Record<LoraTensor['role'], string>>>();
  const strangers: string[] = [];
  for (const name of file.tensors.keys()) {
    const tensor = tensorOf(name);
    if (!tensor) strangers.push(name);
    else layers.set(tensor.weight, { ...layers.get(tensor.weight), [tensor.role]: name });
  }
  const refuse = (problem: string) =>
    new RewardEditError('bad-input', `the LoRA file does not fit the model: ${problem}`, {
      where: file.path,
      hint: "It must be for a model of this architecture, in a layout that diffusers' load_lora_weights supports.",
    });
  if (strangers.length > 0) {
    const more = strangers.length > LISTED ? `, and ${strangers.length - LISTED} more` : '';
    throw refuse(
      `${strangers.length} tensor${strangers.length === 1 ? ' matches' : 's match'} no weight: ${strangers.slice(0, LISTED).join(', ')}${more}`,
    );
  }
  if (layers.size === 0) throw refuse('it is empty');
  for (const [weight, { a, b }] of layers) {
    if (a === undefined || b === undefined) throw refuse(`${weight} has only one of lora_A and lora_B`);
    const [[rank, ...inputs], [outputs, own]] = [a, b].map((part) => file.tensors.get(part)!.shape);
    const { shape } = specOf(targets, weight);
    const fits = rank === own && outputs === shape[0] && sizeOf(inputs) === sizeOf(shape.slice(1));
    if (!fits) throw refuse(`lora_A and lora_B of ${weight} do not have its shape`);
  }
  return layers as Map<string, LoraLayer>;
}

function specOf(targets: LoraTargets, weight: string): { readonly shape: readonly number[] } {
  const dot = weight.indexOf('.');
  return targets[weight.slice(0, dot) as keyof LoraTargets][weight.slice(dot + 1)];
}

async function withLayer(
  file: TensorFile,
  name: string,
  layer: LoraLayer,
  weight: TensorData,
  strength: number,
): Promise<TensorData> {
  const rank = file.tensors.get(layer.a)!.shape[0];
  const [a, b] = [await file.float32(layer.a), await file.float32(layer.b)];
  const factor =
    layer.alpha === undefined
      ? factorFromMetadata(file)(name, rank)
      : (await file.float32(layer.alpha))[0] / rank;
  return mergedWeight(weight, { a, b, rank, scale: strength * factor });
}

/**
 * Writes LoRA layers for diffusers' `load_lora_weights`. alpha / r is folded into B, so that readers need no metadata.
 *
 * @param parameters from `loraParameters`, with the prefix `unet.`, as in the file.
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
