import { float32Of, toBFloat16, toFloat16, type DType, type TensorData } from '@rewardedit/graph';
import type { SafetensorsDType } from './safetensors-header.ts';

/** Element types for files: those of the graph, and bfloat16. */
export type StoredType = DType | 'bf16';

interface Storage {
  /** Name of the type in a file's header. */
  readonly name: SafetensorsDType;
  /** Converts values to the type, rounding them. @throws RangeError if that is impossible, with the reason. */
  encode(values: TensorData): TensorData;
}

export const STORED_TYPES: Readonly<Record<StoredType, Storage>> = {
  f32: { name: 'F32', encode: floats },
  f16: {
    name: 'F16',
    encode: (values) => (values instanceof Uint16Array ? values : toFiniteFloat16(floats(values))),
  },
  bf16: { name: 'BF16', encode: (values) => finite(toBFloat16(floats(values)), floats(values), 0x7f80) },
  i32: {
    name: 'I32',
    encode: (values) => {
      if (values instanceof Int32Array) return values;
      throw new RangeError('it contains floats');
    },
  },
};

/** Converts numbers to float16. @throws RangeError naming a number that overflows. */
export function toFiniteFloat16(values: Float32Array): Uint16Array {
  return finite(toFloat16(values), values, 0x7c00);
}

function floats(values: TensorData): Float32Array {
  if (values instanceof Int32Array) throw new RangeError('it contains integers');
  return float32Of(values);
}

/** Returns the bits, unless rounding made a finite number infinite. */
function finite(bits: Uint16Array, values: Float32Array, infinity: number): Uint16Array {
  const lost = bits.findIndex((each, i) => (each & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (lost === -1) return bits;
  throw new RangeError(`it contains ${values[lost]}`);
}
