import { RewardEditError } from '@rewardedit/core';
import { formatShape, sameShape, type Shape, type TensorData } from '@rewardedit/graph';
import type { ParameterSpecs } from './parameters.ts';
import type { TensorFile } from './tensor-file.ts';

/** Number of names of each kind listed in a message. */
const LISTED = 5;

/** Called for each weight in turn, usually a backend's `state.write`. */
export type WriteWeight = (name: string, values: TensorData) => Promise<void>;

export interface WeightOptions {
  /** The parameter's name in the file, if it differs. */
  readonly nameInFile?: (name: string) => string;
  /** Whether to ignore a tensor of the file, by its name there. */
  readonly ignores?: (name: string) => boolean;
  /** Whether a parameter may be missing from the file, such as new layers. It keeps its values. */
  readonly mayMiss?: (name: string) => boolean;
}

/**
 * Checks that a file has the weights of a network.
 *
 * @returns the parameters that are present, and those that are absent and allowed by `mayMiss`.
 * @throws RewardEditError 'bad-input' naming tensors that are missing, unexpected, or have another shape.
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
    ...list('unexpected', extra, (name) => `${name} ${formatShape(file.tensors.get(name)!.shape)}`),
    ...list('with another shape', misshapen, (name) => {
      const found = file.tensors.get(nameInFile(name))!.shape;
      return `${name} is ${formatShape(found)}, but the network needs ${formatShape(specs[name].shape)}`;
    }),
  ];
  if (problems.length > 0) {
    throw new RewardEditError(
      'bad-input',
      `the weights do not fit their configuration: ${problems.join('; ')}`,
      { where: file.path, hint: 'the weights and their config.json must belong to the same model' },
    );
  }
  return { present, absent };
}

/**
 * Loads a network's weights one tensor at a time, calling `write` with values in the parameter's element type.
 *
 * @returns the names of the parameters that are absent and allowed by `mayMiss`.
 * @throws RewardEditError 'bad-input' as `assertFits`, before anything is written.
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

/** Returns whether shapes are equal up to trailing ones: the weight of a 1x1 convolution is that of a linear layer. */
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
