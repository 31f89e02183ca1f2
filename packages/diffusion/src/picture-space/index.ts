export { latentSpace } from './latent-space.ts';
export type { Encoded, KnownEncoding, PictureSpace, Preview } from './picture-space.ts';
export { overTiles, type Grid } from './tiles.ts';
export { fromPixelSpace, pixelSpace, toPixelSpace } from './pixel-space.ts';
