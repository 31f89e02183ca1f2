import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sizeOf } from '@rewardedit/graph';

/** A tensor in a pickle as torch describes it. */
export interface PickledWeight {
  readonly storage: string;
  readonly key: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Bytes of instructions, each character one of them. */
export function pickleOf(...parts: readonly string[]): Uint8Array {
  return Uint8Array.from(parts.join(''), (character) => character.charCodeAt(0));
}

const little = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode(Math.floor(value / 256 ** i) % 256)).join('');
const text = (value: string) => `X${little(value.length, 4)}${value}`;
const number = (value: number) => (value < 2 ** 31 ? `J${little(value, 4)}` : `\x8a\x08${little(value, 8)}`);
const tuple = (values: readonly number[]) => `(${values.map(number).join('')}t`;

/** A dictionary of tensors as `torch.save` writes it, or one that holds it under a name. */
export function tensorPickle(
  weights: Readonly<Record<string, PickledWeight>>,
  { under }: { under?: string } = {},
): Uint8Array {
  const tensors = Object.entries(weights).map(([name, { storage, key, offset, shape, strides }]) => {
    const size = number(shape.reduce((product, side) => product * side, 1));
    const reference = `(${text('storage')}ctorch\n${storage}\n${text(key)}${text('cpu')}${size}tQ`;
    const args = `(${reference}${number(offset)}${tuple(shape)}${tuple(strides)}\x89ccollections\nOrderedDict\n)Rt`;
    return `${text(name)}ctorch._utils\n_rebuild_tensor_v2\n${args}R`;
  });
  const dictionary = `ccollections\nOrderedDict\n)R(${tensors.join('')}u`;
  return pickleOf('\x80\x02', under === undefined ? dictionary : `}${text(under)}${dictionary}s`, '.');
}

/** A ZIP archive of files that are stored as they are. */
export function storedZip(
  files: Readonly<Record<string, Uint8Array>>,
  { method = 0 }: { method?: number } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const push = (bytes: Uint8Array) => {
    parts.push(bytes);
    position += bytes.length;
  };
  for (const [name, data] of Object.entries(files)) {
    const fields = `${little(20, 2)}${little(0, 2)}${little(method, 2)}${little(0, 8)}${little(data.length, 4)}${little(data.length, 4)}${little(name.length, 2)}${little(0, 2)}`;
    const rest = `${little(0, 10)}${little(position, 4)}${name}`;
    directory.push(pickleOf('PK\x01\x02', little(20, 2), fields, rest));
    push(pickleOf('PK\x03\x04', fields, name));
    push(data);
  }
  const start = position;
  directory.forEach(push);
  push(
    pickleOf(
      'PK\x05\x06',
      little(0, 4),
      little(directory.length, 2),
      little(directory.length, 2),
      little(position - start, 4),
      little(start, 4),
      little(0, 2),
    ),
  );
  const bytes = new Uint8Array(position);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Writes a file as `torch.save` does, with numbers that count up in each tensor, from 0 in the first, from 1 in the second. */
export async function writeCountingFile(
  path: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const longest = Math.max(...Object.values(shapes).map((shape) => sizeOf(shape)));
  const weights = Object.entries(shapes).map(([name, shape], i): [string, PickledWeight] => {
    const isCounted = name.endsWith('position_ids');
    const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    const place = { key: isCounted ? 'ids' : 'all', offset: isCounted ? 0 : i, shape, strides };
    return [name, { storage: isCounted ? 'LongStorage' : 'FloatStorage', ...place }];
  });
  const values = Float32Array.from({ length: longest + weights.length }, (_, i) => i);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    storedZip({
      'archive/data.pkl': tensorPickle(Object.fromEntries(weights)),
      'archive/data/all': new Uint8Array(values.buffer),
      'archive/data/ids': new Uint8Array(new BigInt64Array(8).buffer),
    }),
  );
}
