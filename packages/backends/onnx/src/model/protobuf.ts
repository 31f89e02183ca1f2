import { RewardEditError } from '@rewardedit/core';

/**
 * Writes the subset of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) that ONNX
 * models and TensorBoard's events need. A message under construction is a list of pieces, concatenated once
 * at the end, so that large tensors are copied only once.
 */
export interface Encoded {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

const VARINT = 0;
const DELIMITED = 2;
const FIXED64 = 1;
const FIXED32 = 5;

const utf8 = new TextEncoder();

/** A base-128 varint, low groups first. Negative numbers take ten bytes, as 64-bit two's complement. */
function pushVarint(bytes: number[], value: number): void {
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    return;
  }
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}

function piece(fill: (bytes: number[]) => void): Uint8Array {
  const bytes: number[] = [];
  fill(bytes);
  return Uint8Array.from(bytes);
}

function tag(bytes: number[], field: number, wireType: number): void {
  pushVarint(bytes, field * 8 + wireType);
}

function joined(parts: readonly Encoded[]): Encoded {
  return {
    pieces: parts.flatMap((part) => part.pieces),
    length: parts.reduce((total, part) => total + part.length, 0),
  };
}

function single(bytes: Uint8Array): Encoded {
  return { pieces: [bytes], length: bytes.length };
}

function delimited(field: number, content: Encoded): Encoded {
  const head = piece((bytes) => {
    tag(bytes, field, DELIMITED);
    pushVarint(bytes, content.length);
  });
  return { pieces: [head, ...content.pieces], length: head.length + content.length };
}

/** An integer: int32, int64 or an enumeration. */
export function integer(field: number, value: number): Encoded {
  return single(
    piece((bytes) => {
      tag(bytes, field, VARINT);
      pushVarint(bytes, value);
    }),
  );
}

/** Repeated integers, packed. */
export function integers(field: number, values: readonly number[]): Encoded {
  return delimited(field, single(piece((bytes) => values.forEach((value) => pushVarint(bytes, value)))));
}

/** A float32. */
export function float(field: number, value: number): Encoded {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([single(piece((head) => tag(head, field, FIXED32))), single(bytes)]);
}

/** A float64. */
export function double(field: number, value: number): Encoded {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([single(piece((head) => tag(head, field, FIXED64))), single(bytes)]);
}

export function text(field: number, value: string): Encoded {
  return delimited(field, single(utf8.encode(value)));
}

export function bytes(field: number, value: Uint8Array): Encoded {
  return delimited(field, single(value));
}

/** A nested message. */
export function message(field: number, ...parts: readonly Encoded[]): Encoded {
  return delimited(field, joined(parts));
}

/** The largest message in bytes, a limit of the format. */
const LARGEST = 2 ** 31 - 1;

/**
 * Encodes the outermost message.
 *
 * @throws RewardEditError 'bad-input' if it exceeds protobuf's size limit.
 */
export function encode(...parts: readonly Encoded[]): Uint8Array<ArrayBuffer> {
  const { pieces, length } = joined(parts);
  if (length > LARGEST) {
    throw new RewardEditError(
      'bad-input',
      `The model would be ${length} bytes long, but protobuf allows at most ${LARGEST}.`,
      {
        hint: 'Weights belong in the state, which is passed separately, not in constants.',
      },
    );
  }
  const result = new Uint8Array(length);
  let offset = 0;
  for (const bytes of pieces) {
    result.set(bytes, offset);
    offset += bytes.length;
  }
  return result;
}
