import type { Picture } from '@rewardedit/data';
import type { Tensor } from '@rewardedit/graph';
import type { Scope } from '@rewardedit/models';

/** What pictures are to a network: their pixels, or the latents that an autoencoder makes of them. */
export interface PictureSpace {
  readonly kind: 'pixels' | 'latents';
  /** Channels of a position. */
  readonly channels: number;
  /** Each position stands for a square of this many pixels a side, of which width and height must be multiples. */
  readonly multiple: number;
  /** Pixels [B, 3, H, W] between -1 and 1 as the network takes them. Parameters are declared in the scope. */
  encode(scope: Scope, pixels: Tensor): Encoded;
  /** Pixels of a sample as the network makes it, [B, channels, H / multiple, W / multiple]. */
  decode(scope: Scope, sample: Tensor): Tensor;
  /** Small pictures of samples, made here and cheaply: nothing runs on a backend for them. */
  preview(known: KnownEncoding): Preview;
}

/** A picture and what it is to the network as the one to be edited, from which a preview can learn what latents look like. */
export interface KnownEncoding {
  readonly picture: Picture;
  /** Its mode, [channels, H / multiple, W / multiple] flat. */
  readonly mode: Float32Array;
}

export interface Preview {
  /** How it is made, where it is not the picture itself. */
  readonly decoded?: string;
  /** The picture of a sample, of as many pixels or fewer; the sample's picture has the size of the known one. */
  draw(sample: Float32Array): Picture;
}

/**
 * A picture encoded, [B, channels, H / multiple, W / multiple], in two ways that are not the same for latents (InstructPix2Pix,
 * arXiv 2211.09800, and diffusers' pipeline for it).
 */
export interface Encoded {
  /** As the picture to be edited is shown to the network: the mode, unscaled. */
  readonly mode: Tensor;
  /** As an edit is learned and noised: a scaled sample, drawn with standard normal numbers of the same shape. */
  sample(noise: Tensor): Tensor;
}
