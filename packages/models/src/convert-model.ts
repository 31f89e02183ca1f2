import { openLoras, type LoraChoice } from './lora-file.ts';
import type { OpenedModel } from './model-folder.ts';
import {
  asSingleFile,
  openWeights,
  partsOf,
  singleFileConfig,
  type ModelPart,
  type OpenWeights,
} from './model-weights.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { writeModelFolder, type ModelToWrite } from './write-model-folder.ts';

type Precision = NonNullable<ModelToWrite['dtype']>;

/**
 * Writes all networks of a model to one file, in the layout of Stable Diffusion's original code.
 *
 * @throws RewardEditError 'bad-input' for a model on pixels or with a tiny autoencoder, which the layout does not support.
 */
export async function writeSingleFile(
  model: OpenedModel,
  out: string,
  { precision = 'f32' }: { precision?: Precision | undefined } = {},
): Promise<void> {
  const config = singleFileConfig(model);
  await withWeights(model, async ({ unet, textEncoder, autoencoder }) => {
    const { shapes, read } = asSingleFile(config, {
      unet: unet.read,
      autoencoder: autoencoder!.read,
      textEncoder: textEncoder.read,
    });
    const tensors = Object.entries(shapes).map(
      ([name, each]) => [name, { ...each, dtype: precision }] as const,
    );
    await writeSafetensors(out, Object.fromEntries(tensors), read);
  });
}

/**
 * Writes a model as a folder in diffusers' layout, in another precision or with LoRA files merged into its weights.
 *
 * @throws RewardEditError 'bad-input' naming the weights or LoRA layers that do not fit.
 */
export async function rewriteModel(
  model: OpenedModel,
  out: string,
  { precision, loras = [] }: { precision?: Precision | undefined; loras?: readonly LoraChoice[] } = {},
): Promise<void> {
  const adaptation = await openLoras(model, loras);
  try {
    await withWeights(model, async ({ unet, textEncoder, autoencoder, smartEdit }) => {
      const merged =
        (prefix: string, { read }: OpenWeights) =>
        async (name: string) =>
          adaptation.merged(`${prefix}.${name}`, await read(name));
      await writeModelFolder(out, {
        unet: { config: model.unet, read: merged('unet', unet) },
        textEncoder: { config: model.textEncoder, read: merged('text_encoder', textEncoder) },
        smartEdit: model.smartEdit && { config: model.smartEdit, read: smartEdit!.read },
        images:
          'autoencoder' in model.images
            ? { autoencoder: { config: model.images.autoencoder, read: autoencoder!.read } }
            : model.images,
        tokenizer: model.tokenizer.files,
        scheduler: model.scheduler,
        dtype: precision,
      });
    });
  } finally {
    await adaptation.close();
  }
}

type AllWeights = Readonly<Record<'unet' | 'textEncoder', OpenWeights>> &
  Readonly<Partial<Record<ModelPart, OpenWeights>>>;

async function withWeights(model: OpenedModel, work: (weights: AllWeights) => Promise<void>): Promise<void> {
  const opened: [ModelPart, OpenWeights][] = [];
  try {
    for (const part of partsOf(model)) opened.push([part, await openWeights(model, part)]);
    await work(Object.fromEntries(opened) as AllWeights);
  } finally {
    await Promise.all(opened.map(([, weights]) => weights.close()));
  }
}
