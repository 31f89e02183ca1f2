import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { parseAutoencoderConfig } from './autoencoder/index.ts';
import { parseClipTextConfig } from './clip-text-config.ts';
import { readJson } from './json-files.ts';
import { AUTOENCODER_FOLDER, TOKENIZER_FOLDER, openScheduler, type OpenedModel } from './model-folder.ts';
import { openTensorFile } from './open-tensor-file.ts';
import { assertSingleFile, channelsOfSingleFile, shapeInSingleFile } from './original-layout/index.ts';
import { rewardConfigOf } from './reward-config.ts';
import type { TensorFile } from './tensor-file.ts';
import { openTokenizer } from './tokenizer-files.ts';
import { parseUNetConfig, type UNetConfig } from './unet-config.ts';

/**
 * Opens a model with all weights in one file, in the layout of Stable Diffusion's and InstructPix2Pix's original code.
 *
 * @param architecture a folder of a model with the same architecture, for what the file lacks: the configurations of the networks, the
 * tokenizer and the scheduler. Its weights are not used: the U-Net's input channels and reward layers are inferred from the file. By
 * default the folder that contains the file.
 * @throws RewardEditError 'usage' if there is no such folder; 'bad-input' naming the weights that do not fit it.
 */
export async function openSingleFileModel(
  path: string,
  architecture: string = folderBeside(path),
): Promise<OpenedModel> {
  const file = await openTensorFile(path);
  try {
    const unet = await unetOf(file, architecture);
    const read = async (component: string) => {
      const where = join(architecture, component, 'config.json');
      return [await readJson(where, z.unknown()), where] as const;
    };
    const autoencoder = parseAutoencoderConfig(...(await read(AUTOENCODER_FOLDER)));
    const textEncoder = parseClipTextConfig(...(await read('text_encoder')));
    assertSingleFile(file, { unet, autoencoder, textEncoder });
    return {
      path,
      layout: 'single-file',
      unet,
      textEncoder,
      tokenizer: await openTokenizer(join(architecture, TOKENIZER_FOLDER)),
      scheduler: await openScheduler(architecture),
      images: { autoencoder },
    };
  } finally {
    await file.close();
  }
}

/** Returns the folder of a file that was downloaded along with the folders of its components. */
function folderBeside(path: string): string {
  const folder = dirname(path);
  if (existsSync(join(folder, 'unet', 'config.json'))) return folder;
  throw new RewardEditError('usage', 'a single file does not contain its architecture and tokenizer', {
    where: path,
    hint: 'name a folder of the same architecture, such as Stable Diffusion 1.5, with --architecture',
  });
}

async function unetOf(file: TensorFile, architecture: string): Promise<UNetConfig> {
  const channels = channelsOfSingleFile(file);
  if (channels === undefined) {
    throw new RewardEditError(
      'bad-input',
      "the file is not in the layout of Stable Diffusion's original code",
      {
        where: file.path,
        hint: 'It has no weight model.diffusion_model.input_blocks.0.0.weight.',
      },
    );
  }
  const where = join(architecture, 'unet', 'config.json');
  const { reward, ...said } = parseUNetConfig(await readJson(where, z.unknown()), where);
  const found = rewardConfigOf((name) => shapeInSingleFile(file, name));
  return parseUNetConfig(
    { ...said, in_channels: channels, ...(found && { reward: reward ?? found }) },
    where,
  );
}
