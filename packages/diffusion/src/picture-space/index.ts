export { coordinateChannels } from './coordinates.ts';
export { latentSpace, type Autoencoder } from './latent-space.ts';
export type { Encoded, KnownEncoding, PictureSpace, Preview } from './picture-space.ts';
export { fromPixelSpace, pixelSpace, toPixelSpace } from './pixel-space.ts';
