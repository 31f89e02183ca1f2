import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { parseAutoencoderConfig } from './autoencoder/index.ts';
import { parseClipTextConfig } from './clip-text-config.ts';
import { readJson } from './json-files.ts';
import { loraLayers, withLora } from './lora-file.ts';
import { openModelFolder, writeModelFolder, type ModelFolder, type ModelToWrite } from './model-folder.ts';
import { asSingleFile, openWeights, singleFileWeights, type OpenWeights } from './model-weights.ts';
import { openTensorFile } from './open-tensor-file.ts';
import { channelsOfSingleFile, type Component, type SingleFileConfig } from './original-layout/index.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { openTokenizer } from './tokenizer-files.ts';
import { parseUNetConfig } from './unet-config.ts';

type Precision = NonNullable<ModelToWrite['dtype']>;

/**
 * Writes a model folder from a file in the layout of Stable Diffusion's own code.
 *
 * @param options.config a folder of the same architecture, which says what such a file does not: the configurations of the networks,
 * the tokenizer and the scheduler. Its weights, if it has any, are not looked at; how many channels the U-Net takes, the file tells.
 * @throws RewardEditError 'bad-input' where the weights do not fit, by name.
 */
export async function folderFromSingleFile(
  path: string,
  out: string,
  { config, precision }: { config: string; precision?: Precision | undefined },
): Promise<void> {
  const file = await openTensorFile(path);
  try {
    const shown = channelsOfSingleFile(file);
    if (shown === undefined) {
      throw new RewardEditError('bad-input', "the file is not in the layout of Stable Diffusion's own code", {
        where: path,
        hint: 'It has no weight model.diffusion_model.input_blocks.0.0.weight.',
      });
    }
    const parts = await configurations(config, shown);
    const read = singleFileWeights(file, parts);
    const scheduler = await readJson(
      join(config, 'scheduler', 'scheduler_config.json'),
      z.looseObject({ _class_name: z.string() }),
    );
    await writeModelFolder(out, {
      unet: { config: parts.unet, read: read.unet },
      textEncoder: { config: parts.textEncoder, read: read.textEncoder },
      images: { autoencoder: { config: parts.autoencoder, read: read.autoencoder } },
      tokenizer: (await openTokenizer(join(config, 'tokenizer'))).files,
      scheduler,
      dtype: precision,
    });
  } finally {
    await file.close();
  }
}

async function configurations(folder: string, channels: number): Promise<SingleFileConfig> {
  const read = async (component: string) => {
    const where = join(folder, component, 'config.json');
    return [await readJson(where, z.looseObject({})), where] as const;
  };
  const [unet, where] = await read('unet');
  return {
    unet: parseUNetConfig({ ...unet, in_channels: channels }, where),
    autoencoder: parseAutoencoderConfig(...(await read('vae'))),
    textEncoder: parseClipTextConfig(...(await read('text_encoder'))),
  };
}

/**
 * Writes the networks of a model folder into one file in the layout of Stable Diffusion's own code.
 *
 * @throws RewardEditError 'bad-input' for a model on pixels, or with a small autoencoder, which that layout has no place for.
 */
export async function singleFileFromFolder(
  path: string,
  out: string,
  { precision = 'f32' }: { precision?: Precision | undefined } = {},
): Promise<void> {
  await withWeights(await openModelFolder(path), async (folder, weights) => {
    if (!('autoencoder' in folder.images) || !weights.autoencoder) {
      throw new RewardEditError('bad-input', 'a model on pixels has no layout in one file', {
        where: path,
        hint: 'Keep it as a folder.',
      });
    }
    const config = {
      unet: folder.unet,
      autoencoder: folder.images.autoencoder,
      textEncoder: folder.textEncoder,
    };
    const { shapes, read } = asSingleFile(config, {
      unet: weights.unet.read,
      autoencoder: weights.autoencoder.read,
      textEncoder: weights.textEncoder.read,
    });
    const tensors = Object.entries(shapes).map(
      ([name, each]) => [name, { ...each, dtype: precision }] as const,
    );
    await writeSafetensors(out, Object.fromEntries(tensors), read);
  });
}

/**
 * Writes a model folder again, in another precision or with a LoRA file merged into its U-Net.
 *
 * @throws RewardEditError 'bad-input' where weights, or the layers of the LoRA file, do not fit, by name.
 */
export async function rewriteFolder(
  path: string,
  out: string,
  {
    precision,
    lora,
    strength,
  }: { precision?: Precision | undefined; lora?: string | undefined; strength?: number | undefined },
): Promise<void> {
  await withWeights(await openModelFolder(path), async (folder, { unet, textEncoder, autoencoder }) => {
    const adaptation = lora === undefined ? undefined : await openTensorFile(lora);
    try {
      const layers = adaptation && loraLayers(adaptation, unet.specs);
      await writeModelFolder(out, {
        unet: {
          config: folder.unet,
          read: async (name) => {
            const weight = await unet.read(name);
            return adaptation ? withLora(adaptation, layers?.get(name), weight, strength) : weight;
          },
        },
        textEncoder: { config: folder.textEncoder, read: textEncoder.read },
        images:
          'autoencoder' in folder.images
            ? { autoencoder: { config: folder.images.autoencoder, read: autoencoder!.read } }
            : folder.images,
        tokenizer: folder.tokenizer.files,
        scheduler: folder.scheduler,
        dtype: precision,
      });
    } finally {
      await adaptation?.close();
    }
  });
}

type AllWeights = Readonly<Record<'unet' | 'textEncoder', OpenWeights>> &
  Readonly<Partial<Record<Component, OpenWeights>>>;

async function withWeights(
  folder: ModelFolder,
  work: (folder: ModelFolder, weights: AllWeights) => Promise<void>,
): Promise<void> {
  const opened: OpenWeights[] = [];
  const open = async (component: Component) => {
    const weights = await openWeights(folder, component);
    opened.push(weights);
    return weights;
  };
  try {
    await work(folder, {
      unet: await open('unet'),
      textEncoder: await open('textEncoder'),
      ...('autoencoder' in folder.images && { autoencoder: await open('autoencoder') }),
    });
  } finally {
    await Promise.all(opened.map((weights) => weights.close()));
  }
}
