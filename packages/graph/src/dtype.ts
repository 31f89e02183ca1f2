/** Element types. Sums are always carried out in f32 or better; f16 is for storage and operands. */
export type DType = 'f32' | 'f16' | 'i32';

/** Element types by name: of a program's inputs, or of its outputs. */
export type DTypes = Readonly<Record<string, DType>>;

/** Bytes of one element. */
export const DTYPE_BYTES = { f32: 4, f16: 2, i32: 4 } as const satisfies Record<DType, number>;

/** A graph that cannot be built: names the op and the element types it was given. */
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

/** An op's element types: gives the output's, and calls `reject` with what is wrong with the inputs'. */
export type DTypeRule = (
  inputs: readonly DType[],
  attributes: unknown,
  reject: (reason: string) => never,
) => DType;

/** The smallest and the largest number above zero of the float types. */
const RANGES = { f32: [2 ** -149, (2 - 2 ** -23) * 2 ** 127], f16: [2 ** -24, 65504] } as const;

/** Whether a type holds a number, rounded: not where it would become infinite, zero or another integer. */
export function isHeldBy(dtype: DType, value: number): boolean {
  if (dtype === 'i32') return value === (value | 0);
  const [least, largest] = RANGES[dtype];
  const size = Math.abs(value);
  return size === 0 || !Number.isFinite(value) || (size >= least && size <= largest);
}

export const ALL_TYPES = ['f32', 'f16', 'i32'] as const;
export const FLOAT_TYPES = ['f32', 'f16'] as const;

/** All inputs have one type, one of `allowed`. */
function common(
  inputs: readonly DType[],
  allowed: readonly DType[],
  reject: (reason: string) => never,
): DType {
  const [first] = inputs;
  if (inputs.some((dtype) => dtype !== first))
    return reject('its operands must have one element type; cast them');
  return allowed.includes(first) ? first : reject(`it takes ${allowed.join(' or ')}`);
}

/** All inputs have one type, one of `allowed`, and the output has it too. */
export function oneType(allowed: readonly DType[]): DTypeRule {
  return (inputs, _, reject) => common(inputs, allowed, reject);
}

/** Sums and what is as large as they may be: f16 holds nothing above 65504 and loses small addends, so they are f32. */
export const summedType: DTypeRule = (inputs, _, reject) => {
  common(inputs, FLOAT_TYPES, reject);
  return 'f32';
};
