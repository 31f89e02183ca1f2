import { input } from '@rewardedit/graph';
import { createNetwork, feedbackWidth, type NetworkTypes, type ParameterSpecs } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import { AUTOENCODER, type EditModelConfig } from './edit-model.ts';
import { pipelineOf } from './pipelines/index.ts';

/** Returns the specs of all parameters of a model, under their names in a shared state. */
export function editParameters(model: EditModelConfig, types: NetworkTypes = {}): ParameterSpecs {
  const network = createNetwork(types);
  const { space, unet } = model;
  const side = 2 ** unet.block_out_channels.length;
  const sample = input('sample', [1, space.channels, side, side]);
  const conditions = pipelineOf(model).conditions(network, 1, { height: side, width: side });
  denoise(network, model, {
    noisy: sample,
    source: sample,
    ...conditions,
    feedback: unet.reward && input('feedback', [1, feedbackWidth(unet.reward)]),
  });
  const pictures = createNetwork({ ...types, layers: 'f32' });
  const autoencoder = pictures.scope.at(AUTOENCODER);
  space.encode(autoencoder, space.decode(autoencoder, sample));
  return { ...network.specs, ...pictures.specs };
}
