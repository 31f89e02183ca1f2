import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { joinedFiles } from './joined-files.ts';
import { readJson } from './json-files.ts';
import { openTensorFile } from './open-tensor-file.ts';
import type { TensorFile } from './tensor-file.ts';

/** Names of torch's weight files that differ from those of safetensors. */
const TORCH_NAMES: Readonly<Record<string, string>> = { model: 'pytorch_model' };

/**
 * Opens the weights of a component in the layout of diffusers and transformers: `NAME.safetensors`, or shards with an index,
 * `NAME.safetensors.index.json`; otherwise a variant, `NAME.fp16.safetensors`; otherwise torch's format, `NAME.bin`
 * (`pytorch_model.bin` for transformers' `model`).
 *
 * @throws RewardEditError 'bad-input' if there are no weights or several variants, or if an index and its shards disagree.
 */
export async function openComponentWeights(folder: string, name: string): Promise<TensorFile> {
  const file = await findWeights(folder, name);
  const path = join(folder, file);
  return file.endsWith('.json') ? openSharded(folder, path) : openTensorFile(path);
}

/** Returns the name of the weight file, or of the index. */
async function findWeights(folder: string, name: string): Promise<string> {
  const plain = `${name}.safetensors`;
  const files = await filesOf(folder);
  const own = [plain, `${plain}.index.json`].find((file) => files.includes(file));
  if (own !== undefined) return own;
  const variants = files.filter((file) => isVariant(file, name));
  if (variants.length === 1) return variants[0];
  if (variants.length > 1) {
    throw new RewardEditError(
      'bad-input',
      `there are several variants of the weights: ${variants.join(', ')}`,
      {
        where: folder,
        hint: `Keep one of them, or rename it to ${plain}.`,
      },
    );
  }
  const torch = `${TORCH_NAMES[name] ?? name}.bin`;
  // If nothing is found, the first is reported as missing.
  return [torch, `${torch}.index.json`].find((file) => files.includes(file)) ?? plain;
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Returns whether a file is `NAME.VARIANT.safetensors`, or a variant's index under either of diffusers' names. */
function isVariant(file: string, name: string): boolean {
  if (!file.startsWith(`${name}.`)) return false;
  const rest = file.slice(name.length);
  return /^\.[\w]+\.safetensors(\.index\.json)?$|^\.safetensors\.(index\.[\w]+|[\w]+\.index)\.json$/.test(
    rest,
  );
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Opens shards as a single file. */
async function openSharded(folder: string, indexPath: string): Promise<TensorFile> {
  const { weight_map: map } = await readJson(indexPath, indexSchema);
  const names = [...new Set(Object.values(map))].toSorted();
  const disagree = (problem: string) =>
    new RewardEditError('bad-input', `the index of the weights ${problem}`, {
      where: indexPath,
      hint: 'The index and its shards must belong to the same model: copy or download them again.',
    });
  const outside = names.find((name) => !/^[^/\\:]+\.(safetensors|bin)$/.test(name));
  if (outside !== undefined)
    throw disagree(`names ${JSON.stringify(outside)}, which is not a file next to it`);

  const shards = new Map<string, TensorFile>();
  const close = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  try {
    const tensors = new Set<string>();
    for (const name of names) {
      const shard = await openTensorFile(join(folder, name));
      shards.set(name, shard);
      for (const tensor of shard.tensors.keys()) {
        if (map[tensor] !== name) {
          const said = map[tensor] === undefined ? 'does not mention' : `puts into ${map[tensor]}`;
          throw disagree(`${said} the tensor ${JSON.stringify(tensor)}, which is in ${name}`);
        }
        tensors.add(tensor);
      }
    }
    const absent = Object.keys(map).find((tensor) => !tensors.has(tensor));
    if (absent !== undefined)
      throw disagree(`puts the tensor ${JSON.stringify(absent)} into ${map[absent]}, which does not have it`);
    return joinedFiles(indexPath, [...shards.values()]);
  } catch (error) {
    await close();
    throw error;
  }
}
