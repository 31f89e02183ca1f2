import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fromSystemError, RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { openComponentWeights } from '../component-weights.ts';
import { joinedFiles, renamedFile } from '../joined-files.ts';
import { readJson } from '../json-files.ts';
import { openTensorFile, TORCH_ENDINGS } from '../open-tensor-file.ts';
import type { TensorFile } from '../tensor-file.ts';
import { parseAutoencoderConfig, type AutoencoderConfig } from './config.ts';
import { tinyConfigOf } from './layouts.ts';

/** An autoencoder and the open file of its weights. The caller closes the file. */
export interface OpenedAutoencoder {
  readonly config: AutoencoderConfig;
  readonly weights: TensorFile;
}

/**
 * Opens an autoencoder: a folder with diffusers' `config.json`; or a tiny one as it was published, either a folder with its two halves
 * (`encoder.safetensors` and `decoder.safetensors`, or `taesd_encoder.pth` and `taesd_decoder.pth`) or one file with both.
 *
 * @throws RewardEditError 'bad-input' if it is none of these.
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

/** Returns the files of a folder, or undefined if it is not a folder. */
async function filesAt(path: string): Promise<string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    throw fromSystemError(error, { doing: 'open the autoencoder', path });
  }
}

const HALVES = ['encoder', 'decoder'] as const;

async function openHalves(folder: string, files: readonly string[]): Promise<TensorFile> {
  const names = HALVES.map((half) => fileOfHalf(folder, files, half));
  const opened: TensorFile[] = [];
  try {
    for (const [i, half] of HALVES.entries())
      opened.push(underPrefix(half, await openTensorFile(join(folder, names[i]))));
    return joinedFiles(folder, opened);
  } catch (error) {
    await Promise.all(opened.map((file) => file.close()));
    throw error;
  }
}

/** Returns the file of one half: `encoder.safetensors`, a torch file, or either with the autoencoder's name as a prefix. */
function fileOfHalf(folder: string, files: readonly string[], half: (typeof HALVES)[number]): string {
  const isHalf = (name: string) =>
    new RegExp(`^(.+_)?${half}$`).test(name.slice(0, name.length - extname(name).length)) &&
    (extname(name) === '.safetensors' || TORCH_ENDINGS.has(extname(name).toLowerCase()));
  const found = files.filter(isHalf);
  if (found.length === 1) return found[0];
  const problem =
    found.length === 0
      ? `there is neither config.json nor ${half}.safetensors`
      : `there are several ${half} files: ${found.toSorted().join(', ')}`;
  throw new RewardEditError('bad-input', problem, {
    where: folder,
    hint: 'An autoencoder is a folder in the layout of diffusers, or one with the two files of a tiny autoencoder: encoder.safetensors and decoder.safetensors, or taesd_encoder.pth and taesd_decoder.pth.',
  });
}

/** Adds the prefix of a half to a file that lacks it, with layers numbered from 0, as in madebyollin/taesd. */
function underPrefix(half: string, file: TensorFile): TensorFile {
  if ([...file.tensors.keys()].some((name) => name.startsWith(`${half}.`))) return file;
  return renamedFile(file, (name) => `${half}.${name}`);
}
