import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, RewardEditError } from '@rewardedit/core';
import { z } from 'zod';
import { joinedFiles } from './joined-files.ts';
import { readJson } from './json-files.ts';
import { openTensorFile } from './open-tensor-file.ts';
import type { TensorFile } from './tensor-file.ts';

/** What torch's own files of weights are called, where it is not as safetensors are. */
const TORCH_NAMES: Readonly<Record<string, string>> = { model: 'pytorch_model' };

/**
 * Opens the weights of a model's component as diffusers and transformers lay them out: `NAME.safetensors`, or several files
 * with an index, `NAME.safetensors.index.json`; or else the same of a variant, `NAME.fp16.safetensors`; or else of torch's own
 * format, `NAME.bin` (`pytorch_model.bin` for transformers' `model`).
 *
 * @throws RewardEditError 'bad-input' where there are none or several variants, and where an index and its files disagree.
 */
export async function openComponentWeights(folder: string, name: string): Promise<TensorFile> {
  const file = await findWeights(folder, name);
  const path = join(folder, file);
  return file.endsWith('.json') ? openSharded(folder, path) : openTensorFile(path);
}

/** The file of the weights, or their index. */
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
        hint: `Keep one of them, or call it ${plain}.`,
      },
    );
  }
  const torch = `${TORCH_NAMES[name] ?? name}.bin`;
  // Where there is none of these, the absence of the first is reported.
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

/** Whether a file is `NAME.VARIANT.safetensors`, or the index of such files as one of diffusers' versions calls it. */
function isVariant(file: string, name: string): boolean {
  if (!file.startsWith(`${name}.`)) return false;
  const rest = file.slice(name.length);
  return /^\.[\w]+\.safetensors(\.index\.json)?$|^\.safetensors\.(index\.[\w]+|[\w]+\.index)\.json$/.test(
    rest,
  );
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The tensors of several files as if they were one. */
async function openSharded(folder: string, indexPath: string): Promise<TensorFile> {
  const { weight_map: map } = await readJson(indexPath, indexSchema);
  const names = [...new Set(Object.values(map))].toSorted();
  const disagree = (problem: string) =>
    new RewardEditError('bad-input', `the index of the weights ${problem}`, {
      where: indexPath,
      hint: 'The index and its files must be of one model: copy or download them again.',
    });
  const outside = names.find((name) => !/^[^/\\:]+\.(safetensors|bin)$/.test(name));
  if (outside !== undefined) throw disagree(`names ${JSON.stringify(outside)}, which is no file beside it`);

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
