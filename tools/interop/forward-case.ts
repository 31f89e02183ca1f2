import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRandom } from '@rewardedit/core';
import { program, sizeOf, type Backend, type TensorData } from '@rewardedit/graph';
import {
  createNetwork,
  loadPart,
  openModel,
  rewardSinusoids,
  timestepSinusoids,
  unet,
  unetInputs,
  unetParameters,
  writeSafetensors,
} from '@rewardedit/models';

const BATCH = 2;
const TIMESTEPS = [17, 801];
const SCORES = [5, 4.5, 0, 1, 2.5, 3];

/** Runs a stage 2 U-Net once on random inputs, and writes inputs and output. */
export async function forwardCase(
  name: string,
  { model, folder, size, backend }: { model: string; folder: string; size: number; backend: Backend },
) {
  const opened = await openModel(model);
  const { reward } = opened.unet;
  if (!reward) throw new Error(`${model} has no reward layers.`);
  const side = size / 8 < 4 ? 4 : size / 8;
  const network = createNetwork();
  const shape = { batch: BATCH, height: side, width: side, tokens: 7 };
  const inputs = unetInputs(opened.unet, shape);
  const executable = await (async () => {
    const state = await backend.createState(unetParameters(opened.unet));
    await loadPart(opened, 'unet', state.write);
    return backend.compile(program({ outputs: { output: unet(network.scope, opened.unet, inputs) } }), state);
  })();
  const random = createRandom(0, 'forward');
  const drawn = (dimensions: readonly number[]) => {
    const values = new Float32Array(sizeOf(dimensions));
    random.fillNormal(values);
    return values;
  };
  const inputValues = {
    sample: drawn(inputs.sample.shape),
    encoder_hidden_states: drawn(inputs.encoderHiddenStates.shape),
    negative_embeds: drawn(inputs.reward!.feedback.shape),
  };
  const { output } = await executable.run({
    ...inputValues,
    time_proj: timestepSinusoids(opened.unet, TIMESTEPS),
    reward_proj: rewardSinusoids(reward, SCORES, opened.unet),
  });
  await executable.dispose();
  const to = join(folder, name.replaceAll(' ', '-'));
  await mkdir(to);
  const tensors: Record<string, { shape: readonly number[]; values: TensorData }> = {
    sample: { shape: inputs.sample.shape, values: inputValues.sample },
    encoder_hidden_states: {
      shape: inputs.encoderHiddenStates.shape,
      values: inputValues.encoder_hidden_states,
    },
    negative_embeds: { shape: inputs.reward!.feedback.shape, values: inputValues.negative_embeds },
    timestep: { shape: [BATCH], values: Float32Array.from(TIMESTEPS) },
    reward_scores: { shape: [BATCH, 3], values: Float32Array.from(SCORES) },
    output: { shape: [BATCH, opened.unet.out_channels, side, side], values: output },
  };
  await writeSafetensors(join(to, 'forward.safetensors'), tensors, (tensor) => tensors[tensor].values);
  return { kind: 'forward', name, model: resolve(model), folder: resolve(to) };
}
