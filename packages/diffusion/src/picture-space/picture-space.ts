import type { Picture } from '@rewardedit/data';
import type { Tensor } from '@rewardedit/graph';
import type { Scope } from '@rewardedit/models';

/** The space of a network's input and output: pixels, or latents of an autoencoder. */
export interface PictureSpace {
  readonly kind: 'pixels' | 'latents';
  readonly channels: number;
  /** Each position covers a square of this many pixels a side; width and height must be multiples of it. */
  readonly multiple: number;
  /** Encodes pixels [B, 3, H, W] in [-1, 1]. Declares its parameters in the scope. */
  encode(scope: Scope, pixels: Tensor): Encoded;
  /** Decodes samples [B, channels, H / multiple, W / multiple] to pixels [B, 3, H, W]. Declares its parameters in the scope. */
  decode(scope: Scope, sample: Tensor): Tensor;
  /** Creates cheap previews of samples on the host, without running anything on a backend. */
  preview(known: KnownEncoding): Preview;
}

/** A source picture and its encoding, from which a preview can learn what latents look like. */
export interface KnownEncoding {
  readonly picture: Picture;
  /** Its mode, [channels, H / multiple, W / multiple] flat. */
  readonly mode: Float32Array;
}

export interface Preview {
  /** How the preview was made, unless it is the picture itself. */
  readonly decoded?: string;
  /** Draws the preview of a sample of the same size as the known picture, possibly with fewer pixels. */
  draw(sample: Float32Array): Picture;
}

/**
 * An encoded picture, [B, channels, H / multiple, W / multiple], in two versions that differ for latents (InstructPix2Pix, arXiv
 * 2211.09800, and its pipeline in diffusers).
 */
export interface Encoded {
  /** The version that conditions the network as the source picture: the mode, unscaled. */
  readonly mode: Tensor;
  /** The version that is noised and learned as the edit: a scaled sample of the distribution, from standard normal noise of the same shape. */
  sample(noise: Tensor): Tensor;
}
