import { join } from 'node:path';
import { mean, mul, sub, type Tensor, type TensorData } from '@rewardedit/graph';
import { loadWeights, openSafetensors, type ParameterSpecs } from '@rewardedit/models';
import { compareAll, type Group } from '../comparison.ts';
import type { Asked, NetworkResults } from '../network-run.ts';
import { readOptionalTensors, readTensors, type Tensors } from '../reference-sets.ts';

const OUTPUT = { absolute: 1e-4, relative: 0 };
const TENSOR = { absolute: 1e-6, relative: 1e-4 };

/** Reads the weights of a set from several files, each with its own prefix. */
export async function readWeights(
  folder: string,
  specs: ParameterSpecs,
  files: readonly {
    readonly file: string;
    readonly prefix?: string;
    readonly has: (name: string) => boolean;
  }[],
): Promise<(name: string) => Promise<TensorData>> {
  const weights: Record<string, TensorData> = {};
  for (const { file: path, prefix = '', has } of files) {
    const file = await openSafetensors(join(folder, path));
    try {
      const own = Object.entries(specs).filter(([name]) => name.startsWith(prefix) && has(name));
      await loadWeights(
        file,
        Object.fromEntries(own),
        async (name, values) => {
          weights[name] = values;
        },
        {
          nameInFile: (name) => name.slice(prefix.length),
          // Layers of the vision tower after the state that is used.
          ignores: (name) => name.startsWith('vision_model.') && !(prefix + name in specs),
        },
      );
    } finally {
      await file.close();
    }
  }
  return async (name) => weights[name];
}

/** The expectations of a set, all optional. */
export interface Expected {
  readonly outputs: Tensors['values'];
  readonly activations: Tensors['values'];
  readonly gradients: Tensors['values'];
  readonly inputGradients: Tensors['values'];
}

export async function readExpected(folder: string): Promise<Expected> {
  const optional = async (name: string) =>
    (await readOptionalTensors(join(folder, `${name}.safetensors`))).values;
  return {
    outputs: (await readTensors(join(folder, 'output.safetensors'))).values,
    activations: await optional('activations'),
    gradients: await optional('gradients'),
    inputGradients: await optional('input_gradients'),
  };
}

/**
 * Returns what a run must compute to be compared with a set.
 *
 * @param trained every parameter that has a gradient.
 * @throws Error if the set has gradients, but not for all of them.
 */
export function askedBy(
  { activations, gradients, inputGradients }: Expected,
  trained: readonly string[],
): Asked {
  const known = Object.keys(gradients);
  const absent = known.length === 0 ? [] : trained.filter((name) => !(name in gradients));
  if (absent.length > 0)
    throw new Error(`The reference lacks the gradients of ${absent.slice(0, 3).join(', ')}.`);
  return {
    activations: Object.keys(activations),
    gradients: known,
    inputGradients: Object.keys(inputGradients),
  };
}

/** Compares a run with all expectations of a set. */
export function compareRun(results: NetworkResults, expected: Expected): Group[] {
  return [
    compareAll('output', results.outputs, expected.outputs, OUTPUT),
    compareAll('activations', results.activations, expected.activations, TENSOR),
    compareAll('gradients', results.gradients, expected.gradients, TENSOR),
    compareAll('input gradients', results.inputGradients, expected.inputGradients, TENSOR),
  ];
}

export function meanSquaredError(found: Tensor, target: Tensor): Tensor {
  const error = sub(found, target);
  return mean(mul(error, error));
}
