import { join } from 'node:path';
import type { Precision } from '@rewardedit/diffusion';
import type { Backend, TensorData } from '@rewardedit/graph';
import {
  loadWeights,
  openSafetensors,
  parseUNetConfig,
  rewardConfigOf,
  unetParameters,
} from '@rewardedit/models';
import { compareAll, type Group, type Tolerance } from './comparison.ts';
import { readJsonFile, readOptionalTensors, readTensors, type ReferenceSet } from './reference-sets.ts';
import { runUNet } from './unet-run.ts';

const TOLERANCES: Readonly<Record<Precision, { output: Tolerance; tensor: Tolerance }>> = {
  f32: { output: { absolute: 1e-4, relative: 0 }, tensor: { absolute: 1e-6, relative: 1e-4 } },
  f16: { output: { absolute: 0, relative: 2e-2 }, tensor: { absolute: 1e-5, relative: 2e-2 } },
};

/**
 * Checks `unet` and `reward-unet` sets: output, loss, activations, and the gradients of every weight and
 * input, with stored weights; everything except the output is optional. The widths of the reward layers are
 * inferred from the weights.
 */
export async function checkUNet(
  { folder }: ReferenceSet,
  backend: Backend,
  precision: Precision = 'f32',
): Promise<Group[]> {
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
    precision,
  });
  const allowed = TOLERANCES[precision];
  return [
    compareAll('output', { output: results.output, loss: results.loss }, output, allowed.output),
    compareAll('activations', results.activations, activations, allowed.tensor),
    compareAll('gradients', results.gradients, gradients, allowed.tensor),
    compareAll('input gradients', results.inputGradients, inputGradients, allowed.tensor),
  ];
}
