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
 * Opens a model whose weights are all in one file, in the layout of Stable Diffusion's and InstructPix2Pix' own code.
 *
 * @param architecture a folder of the same architecture, which says what such a file does not: the configurations of the networks,
 * the tokenizer and the scheduler. Its weights, if it has any, are not looked at: how many channels the U-Net takes and whether it
 * has reward layers, the file tells. Unless it is given, it is the folder that the file lies in.
 * @throws RewardEditError 'usage' where there is no such folder; 'bad-input' where the weights do not fit it, by name.
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

/** Downloads of a model often have the file beside the folders of its components. */
function folderBeside(path: string): string {
  const folder = dirname(path);
  if (existsSync(join(folder, 'unet', 'config.json'))) return folder;
  throw new RewardEditError('usage', 'one file says nothing of the architecture and the tokenizer', {
    where: path,
    hint: 'name a folder of the same architecture with --architecture, such as that of Stable Diffusion 1.5',
  });
}

async function unetOf(file: TensorFile, architecture: string): Promise<UNetConfig> {
  const channels = channelsOfSingleFile(file);
  if (channels === undefined) {
    throw new RewardEditError('bad-input', "the file is not in the layout of Stable Diffusion's own code", {
      where: file.path,
      hint: 'It has no weight model.diffusion_model.input_blocks.0.0.weight.',
    });
  }
  const where = join(architecture, 'unet', 'config.json');
  const { reward, ...said } = parseUNetConfig(await readJson(where, z.unknown()), where);
  const found = rewardConfigOf((name) => shapeInSingleFile(file, name));
  return parseUNetConfig(
    { ...said, in_channels: channels, ...(found && { reward: reward ?? found }) },
    where,
  );
}
