import { RewardEditError } from '@rewardedit/core';
import type { SafetensorsHeader, TensorEntry } from './safetensors-header.ts';
import { AS_FLOAT32, AS_INT32 } from './safetensors-values.ts';
import { toFiniteFloat16 } from './stored-types.ts';

/** An open file of tensors. They are read one at a time, so that a checkpoint is never in memory twice. */
export interface TensorFile extends SafetensorsHeader, TensorReaders {
  readonly path: string;
  close(): Promise<void>;
}

export interface TensorReaders {
  /** @throws RewardEditError 'bad-input' if there is no such tensor, or it contains 32- or 64-bit integers. F64 is rounded. */
  float32(name: string): Promise<Float32Array>;
  /** Returns float16 bits, rounded from another type. @throws like `float32`, and if a number overflows. */
  float16(name: string): Promise<Uint16Array>;
  /** @throws RewardEditError 'bad-input' if there is no such tensor, or it contains floats or an integer too large for int32. */
  int32(name: string): Promise<Int32Array>;
}

/**
 * Creates readers that convert tensors to the requested type.
 *
 * @param path name for messages.
 * @param bytesOf returns the contiguous values of an existing tensor as they are stored.
 */
export function tensorReaders(
  path: string,
  tensors: ReadonlyMap<string, TensorEntry>,
  bytesOf: (name: string, entry: TensorEntry) => Promise<ArrayBuffer>,
): TensorReaders {
  function entryOf(name: string): TensorEntry {
    const entry = tensors.get(name);
    if (entry) return entry;
    throw new RewardEditError('bad-input', `there is no tensor ${JSON.stringify(name)}`, {
      where: path,
      hint: 'the file belongs to another model or another version of it: check the path',
    });
  }
  const unfit = (name: string, problem: string) =>
    new RewardEditError('bad-input', `tensor ${JSON.stringify(name)} ${problem}`, {
      where: path,
      hint: 'save the tensor in a suitable type: F32, F16 or BF16 for weights, I32 for ids',
    });

  async function float32(name: string): Promise<Float32Array> {
    const entry = entryOf(name);
    const convert = AS_FLOAT32[entry.dtype];
    if (!convert) throw unfit(name, `is ${entry.dtype}, which cannot be read as float32`);
    return convert(await bytesOf(name, entry));
  }

  return {
    float32,
    float16: async (name) => {
      const entry = entryOf(name);
      if (entry.dtype === 'F16') return new Uint16Array(await bytesOf(name, entry));
      const values = await float32(name);
      try {
        return toFiniteFloat16(values);
      } catch (error) {
        throw unfit(name, `cannot be read as float16: ${(error as RangeError).message}`);
      }
    },
    int32: async (name) => {
      const entry = entryOf(name);
      const convert = AS_INT32[entry.dtype];
      if (!convert) throw unfit(name, `is ${entry.dtype}, which cannot be read as int32`);
      const values = convert(await bytesOf(name, entry));
      if (!values) throw unfit(name, `contains an integer that does not fit into 32 bits`);
      return values;
    },
  };
}
