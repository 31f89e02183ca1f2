import { RewardEditError } from '@rewardedit/core';
import type { SafetensorsHeader, TensorEntry } from './safetensors-header.ts';
import { AS_FLOAT32, AS_INT32 } from './safetensors-values.ts';
import { toFiniteFloat16 } from './stored-types.ts';

/** An open file of tensors, which are read one at a time, so that a checkpoint is never held twice. */
export interface TensorFile extends SafetensorsHeader, TensorReaders {
  readonly path: string;
  close(): Promise<void>;
}

export interface TensorReaders {
  /** @throws RewardEditError 'bad-input' where there is no such tensor, or it holds wide integers. F64 is rounded. */
  float32(name: string): Promise<Float32Array>;
  /** The bits of float16, rounded where the file has another type. @throws as `float32`, and where a number is too large. */
  float16(name: string): Promise<Uint16Array>;
  /** @throws RewardEditError 'bad-input' where there is no such tensor, it holds no integers, or one too large for int32. */
  int32(name: string): Promise<Int32Array>;
}

/**
 * Reads tensors in the type that is asked for.
 *
 * @param path what messages call the file.
 * @param bytesOf the values of a tensor that is there as they are stored, one after the other.
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
      hint: 'the file belongs to another model, or to another version of it: check that it is the right one',
    });
  }
  const unfit = (name: string, problem: string) =>
    new RewardEditError('bad-input', `tensor ${JSON.stringify(name)} ${problem}`, {
      where: path,
      hint: 'save the tensor in a type that fits its use: F32, F16 or BF16 for weights, I32 for ids',
    });

  async function float32(name: string): Promise<Float32Array> {
    const entry = entryOf(name);
    const convert = AS_FLOAT32[entry.dtype];
    if (!convert) throw unfit(name, `is ${entry.dtype}, which is not read as float32`);
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
      if (!convert) throw unfit(name, `is ${entry.dtype}, which is not read as int32`);
      const values = convert(await bytesOf(name, entry));
      if (!values) throw unfit(name, `holds an integer that does not fit into 32 bits`);
      return values;
    },
  };
}
