/** Element types. Sums always accumulate in f32 or better; f16 is for storage and operands. */
export type DType = 'f32' | 'f16' | 'i32';

/** Element types by name, of a program's inputs or outputs. */
export type DTypes = Readonly<Record<string, DType>>;

/** Bytes of one element. */
export const DTYPE_BYTES = { f32: 4, f16: 2, i32: 4 } as const satisfies Record<DType, number>;

/** Thrown for a graph that cannot be built: names the op and its operands' element types. */
export class DTypeError extends Error {
  override readonly name = 'DTypeError';
  readonly op: string;
  readonly dtypes: readonly DType[];

  constructor(op: string, dtypes: readonly DType[], reason: string) {
    super(`${op}(${dtypes.join(', ')}): ${reason}`);
    this.op = op;
    this.dtypes = dtypes;
  }
}

/** An op's type rule: returns the output's element type, or calls `reject` with the reason. */
export type DTypeRule = (
  inputs: readonly DType[],
  attributes: unknown,
  reject: (reason: string) => never,
) => DType;

/** The smallest positive and the largest finite number of the float types. */
const RANGES = { f32: [2 ** -149, (2 - 2 ** -23) * 2 ** 127], f16: [2 ** -24, 65504] } as const;

/**
 * Whether a type can represent a number after rounding, without overflow to infinity, underflow to zero or,
 * for i32, a change of value.
 */
export function isHeldBy(dtype: DType, value: number): boolean {
  if (dtype === 'i32') return value === (value | 0);
  const [least, largest] = RANGES[dtype];
  const size = Math.abs(value);
  return size === 0 || !Number.isFinite(value) || (size >= least && size <= largest);
}

export const ALL_TYPES = ['f32', 'f16', 'i32'] as const;
export const FLOAT_TYPES = ['f32', 'f16'] as const;

/** All inputs have the same type, one of `allowed`. */
function common(
  inputs: readonly DType[],
  allowed: readonly DType[],
  reject: (reason: string) => never,
): DType {
  const [first] = inputs;
  if (inputs.some((dtype) => dtype !== first))
    return reject('its operands must have the same element type; cast them');
  return allowed.includes(first) ? first : reject(`it accepts ${allowed.join(' or ')}`);
}

/** All inputs have the same type, one of `allowed`, which is also the output's. */
export function oneType(allowed: readonly DType[]): DTypeRule {
  return (inputs, _, reject) => common(inputs, allowed, reject);
}

/**
 * The type of sums and of values as large as sums: f32, because f16 overflows above 65504 and drops small
 * addends.
 */
export const summedType: DTypeRule = (inputs, _, reject) => {
  common(inputs, FLOAT_TYPES, reject);
  return 'f32';
};
