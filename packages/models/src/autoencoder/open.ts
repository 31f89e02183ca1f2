import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { openComponentWeights } from '../component-weights.ts';
import { joinedFiles } from '../joined-files.ts';
import { readJson } from '../json-files.ts';
import { openTensorFile } from '../open-tensor-file.ts';
import type { TensorFile } from '../tensor-file.ts';
import { parseAutoencoderConfig, type AutoencoderConfig } from './config.ts';
import { tinyConfigOf } from './layouts.ts';

/** An autoencoder and the open file of its weights, which whoever opened it closes. */
export interface OpenedAutoencoder {
  readonly config: AutoencoderConfig;
  readonly weights: TensorFile;
}

/**
 * Opens an autoencoder: a folder with `config.json` as diffusers writes it; or a tiny one as it was published, a folder with
 * `encoder.safetensors` and `decoder.safetensors`, or one file with both.
 *
 * @throws RewardEditError 'bad-input' where it is none of these.
 */
export async function openAutoencoder(path: string): Promise<OpenedAutoencoder> {
  const files = await filesAt(path);
  if (files?.includes('config.json')) {
    const configFile = join(path, 'config.json');
    const config = parseAutoencoderConfig(await readJson(configFile, z.unknown()), configFile);
    return { config, weights: await openComponentWeights(path, 'diffusion_pytorch_model') };
  }
  const weights = files ? await openHalves(path, files) : await openTensorFile(path);
  try {
    return { config: tinyConfigOf(weights), weights };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** The files of a folder, or undefined for what is none. */
async function filesAt(path: string): Promise<string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    throw fromSystemError(error, { doing: 'open the autoencoder', path });
  }
}

async function openHalves(folder: string, files: readonly string[]): Promise<TensorFile> {
  const wanted = ['encoder.safetensors', 'decoder.safetensors'];
  const absent = wanted.find((name) => !files.includes(name));
  if (absent !== undefined) {
    throw new RewardEditError('bad-input', `there is neither config.json nor ${absent}`, {
      where: folder,
      hint: 'An autoencoder is a folder of diffusers, or one with encoder.safetensors and decoder.safetensors.',
    });
  }
  const encoder = await openTensorFile(join(folder, wanted[0]));
  try {
    return joinedFiles(folder, [encoder, await openTensorFile(join(folder, wanted[1]))]);
  } catch (error) {
    await encoder.close();
    throw error;
  }
}
