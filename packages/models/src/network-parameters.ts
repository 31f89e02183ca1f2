import { input } from '@rewardedit/graph';
import { createAutoencoder, type AutoencoderConfig } from './autoencoder/index.ts';
import type { ClipTextConfig } from './clip-text-config.ts';
import { clipText } from './clip-text.ts';
import { createNetwork, type ParameterSpecs } from './parameters.ts';
import type { UNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet } from './unet.ts';

/** Returns the parameters of a U-Net, by checkpoint key. They do not depend on the picture's size. */
export function unetParameters(config: UNetConfig): ParameterSpecs {
  const network = createNetwork();
  const size = 2 ** config.block_out_channels.length;
  unet(network.scope, config, unetInputs(config, { batch: 1, height: size, width: size, tokens: 1 }));
  return network.specs;
}

/** Returns the parameters of an autoencoder, by checkpoint key. */
export function autoencoderParameters(config: AutoencoderConfig): ParameterSpecs {
  const network = createNetwork();
  const autoencoder = createAutoencoder(config);
  const { multiple, channels } = autoencoder;
  autoencoder.encode(network.scope, input('pixels', [1, 3, multiple, multiple]));
  autoencoder.decode(network.scope, input('latent', [1, channels, 1, 1]));
  return network.specs;
}

/** Returns the parameters of a CLIP text encoder, by checkpoint key. */
export function clipTextParameters(config: ClipTextConfig): ParameterSpecs {
  const network = createNetwork();
  clipText(network.scope, config, input('input_ids', [1, 1], 'i32'));
  return network.specs;
}
