import { join } from 'node:path';
import type { Backend, TensorData } from '@rewardedit/graph';
import {
  loadWeights,
  openSafetensors,
  parseUNetConfig,
  rewardConfigOf,
  unetParameters,
} from '@rewardedit/models';
import { compareAll, type Group } from './comparison.ts';
import { readJsonFile, readOptionalTensors, readTensors, type ReferenceSet } from './reference-sets.ts';
import { runUNet } from './unet-run.ts';

const OUTPUT = { absolute: 1e-4, relative: 0 };
const TENSOR = { absolute: 1e-6, relative: 1e-4 };

/**
 * Sets of the kinds `unet` and `reward-unet`: output, loss, activations, and the gradients of every weight and input, for stored
 * weights; a set may leave out all but the output. The widths of the reward layers are read from the weights.
 */
export async function checkUNet({ folder }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const configFile = join(folder, 'config.json');
  const plain = parseUNetConfig(await readJsonFile(configFile), configFile);
  const file = await openSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'));
  const config = {
    ...plain,
    reward: plain.reward ?? rewardConfigOf((name) => file.tensors.get(name)?.shape),
  };
  const weights: Record<string, TensorData> = {};
  try {
    await loadWeights(file, unetParameters(config), async (name, values) => {
      weights[name] = values;
    });
  } finally {
    await file.close();
  }

  const { values: output } = await readTensors(join(folder, 'output.safetensors'));
  const { values: activations } = await readOptionalTensors(join(folder, 'activations.safetensors'));
  const { values: gradients } = await readOptionalTensors(join(folder, 'gradients.safetensors'));
  const { values: inputGradients } = await readOptionalTensors(join(folder, 'input_gradients.safetensors'));
  const results = await runUNet(backend, config, {
    read: async (name) => weights[name],
    given: await readTensors(join(folder, 'inputs.safetensors')),
    activations: Object.keys(activations),
    inputGradients: Object.keys(inputGradients),
  });
  return [
    compareAll('output', { output: results.output, loss: results.loss }, output, OUTPUT),
    compareAll('activations', results.activations, activations, TENSOR),
    compareAll('gradients', results.gradients, gradients, TENSOR),
    compareAll('input gradients', results.inputGradients, inputGradients, TENSOR),
  ];
}
