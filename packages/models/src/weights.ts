import { RewardEditError } from '@rewardedit/core';
import { formatShape, sameShape, type Shape, type TensorData } from '@rewardedit/graph';
import type { ParameterSpecs } from './parameters.ts';
import type { TensorFile } from './tensor-file.ts';

/** How many names of each kind a message lists. */
const LISTED = 5;

/** Called for each weight in turn: usually a backend's `state.write`. */
export type WriteWeight = (name: string, values: TensorData) => Promise<void>;

export interface WeightOptions {
  /** The parameter's name in the file, where that is another. */
  readonly nameInFile?: (name: string) => string;
  /** Tensors of the file that are not weights, by their name there. */
  readonly ignores?: (name: string) => boolean;
  /** Parameters that the file need not have: layers that are new in this network. They keep the values they have. */
  readonly mayMiss?: (name: string) => boolean;
}

/**
 * Sees that a file has the weights of a network.
 *
 * @returns the parameters that are there, and those that are not, all of them allowed by `mayMiss`.
 * @throws RewardEditError 'bad-input' where the file does not fit the network: lists the parameters that are missing, those that
 * belong to nothing, and those of another shape.
 */
export function assertFits(
  file: Pick<TensorFile, 'path' | 'tensors'>,
  specs: ParameterSpecs,
  options: WeightOptions = {},
): { present: string[]; absent: string[] } {
  const { nameInFile = (name: string) => name, ignores = () => false, mayMiss = () => false } = options;
  const names = Object.keys(specs);
  const absent = names.filter((name) => !file.tensors.has(nameInFile(name)));
  const present = names.filter((name) => file.tensors.has(nameInFile(name)));
  const used = new Set(present.map(nameInFile));

  const missing = absent.filter((name) => !mayMiss(name));
  const extra = [...file.tensors.keys()].filter((name) => !used.has(name) && !ignores(name));
  const misshapen = present.filter(
    (name) => !isSameArray(specs[name].shape, file.tensors.get(nameInFile(name))!.shape),
  );
  const problems = [
    ...list('missing', missing, (name) => `${name} ${formatShape(specs[name].shape)}`),
    ...list(
      extra.length === 1 ? 'that belongs to nothing' : 'that belong to nothing',
      extra,
      (name) => `${name} ${formatShape(file.tensors.get(name)!.shape)}`,
    ),
    ...list('of another shape', misshapen, (name) => {
      const found = file.tensors.get(nameInFile(name))!.shape;
      return `${name} is ${formatShape(found)}, the network needs ${formatShape(specs[name].shape)}`;
    }),
  ];
  if (problems.length > 0) {
    throw new RewardEditError(
      'bad-input',
      `the weights do not fit their configuration: ${problems.join('; ')}`,
      { where: file.path, hint: 'the weights and the config.json beside them must be of the same model' },
    );
  }
  return { present, absent };
}

/**
 * Loads a network's weights, one tensor at a time: `write` is called for each, with values in its element type.
 *
 * @returns the names of the parameters that the file did not have, all of them allowed by `mayMiss`.
 * @throws RewardEditError 'bad-input' before anything is written, where the file does not fit the network, as `assertFits` does.
 */
export async function loadWeights(
  file: TensorFile,
  specs: ParameterSpecs,
  write: WriteWeight,
  options: WeightOptions = {},
): Promise<string[]> {
  const { nameInFile = (name: string) => name } = options;
  const { present, absent } = assertFits(file, specs, options);
  for (const name of present) {
    const read = specs[name].dtype === 'f16' ? file.float16 : file.float32;
    await write(name, await read(nameInFile(name)));
  }
  return absent;
}

/** Whether shapes are the same but for ones at their end: the weight of a 1x1 convolution is that of a linear layer. */
function isSameArray(a: Shape, b: Shape): boolean {
  const core = (shape: Shape) => shape.slice(0, shape.findLastIndex((size) => size !== 1) + 1);
  return sameShape(core(a), core(b));
}

function list(what: string, names: readonly string[], describe: (name: string) => string): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, LISTED).map(describe).join(', ');
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
  return [`${names.length} tensor${names.length === 1 ? '' : 's'} ${what}: ${shown}${more}`];
}
