export { createAutoencoder, type Autoencoder } from './autoencoder.ts';
export { AUTOENCODER_CLASSES, parseAutoencoderConfig, type AutoencoderConfig } from './config.ts';
export { autoencoderNames, tinyConfigOf } from './layouts.ts';
export { openAutoencoder, type OpenedAutoencoder } from './open.ts';
