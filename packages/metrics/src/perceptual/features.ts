import type { Picture } from '@rewardedit/data';
import { Tensor } from 'onnxruntime-node';
import { findName, openNetwork } from './network.ts';
import { fitSquare, toPlanes, type Normalization } from './planes.ts';

/** Encodes inputs as unit vectors, so that the dot product of two is the cosine of their angle. */
export interface Encoder<Input> {
  encode(input: Input): Promise<Float32Array>;
  dispose(): Promise<void>;
}

interface ImageEncoderKind extends Normalization {
  /** Shorter side after resizing, and side of the central crop, in pixels. */
  readonly resize: number;
  readonly crop: number;
  /** Possible names of the output. Of a sequence of tokens, the first (the class token) is used. */
  readonly outputs: readonly string[];
}

/** Preprocessing and outputs of the encoders. */
const IMAGE_ENCODERS = {
  /** CLIP's vision tower with its projection (openai/clip-vit-base-patch32 and others at 224 pixels). */
  clip: {
    resize: 224,
    crop: 224,
    mean: [0.48145466, 0.4578275, 0.40821073],
    deviation: [0.26862954, 0.26130258, 0.27577711],
    outputs: ['image_embeds'],
  },
  /** DINO and DINOv2: the class token (as in MagicBrush and Emu Edit). */
  dino: {
    resize: 256,
    crop: 224,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
    outputs: ['pooler_output', 'last_hidden_state'],
  },
} as const satisfies Record<string, ImageEncoderKind>;

export type ImageEncoderName = keyof typeof IMAGE_ENCODERS;

/** Opens the image encoder of CLIP or DINO from an ONNX file with the input `pixel_values`. Throws 'bad-input' for any other file. */
export async function openImageEncoder(path: string, name: ImageEncoderName): Promise<Encoder<Picture>> {
  const network = await openNetwork(path);
  const kind: ImageEncoderKind = IMAGE_ENCODERS[name];
  const input = findName(network, 'inputs', ['pixel_values']);
  const output = findName(network, 'outputs', kind.outputs);
  return {
    async encode(picture) {
      const square = fitSquare(picture, kind.resize, kind.crop);
      return unitVector(await network.run({ [input]: toPlanes(square, kind) }, output));
    },
    dispose: network.dispose,
  };
}

/**
 * Opens CLIP's text encoder with its projection from an ONNX file with the inputs `input_ids` and, optionally, `attention_mask`. It encodes the
 * token ids of one text, including its start and end tokens. Throws 'bad-input' for any other file.
 */
export async function openTextEncoder(path: string): Promise<Encoder<Int32Array>> {
  const network = await openNetwork(path);
  const idsName = findName(network, 'inputs', ['input_ids']);
  const output = findName(network, 'outputs', ['text_embeds']);
  return {
    async encode(tokens) {
      const shape = [1, tokens.length];
      const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), shape);
      const mask = new Tensor('int64', new BigInt64Array(tokens.length).fill(1n), shape);
      const masked = network.inputs.includes('attention_mask');
      return unitVector(
        await network.run({ [idsName]: ids, ...(masked && { attention_mask: mask }) }, output),
      );
    },
    dispose: network.dispose,
  };
}

function unitVector({ data, dims }: Tensor): Float32Array {
  const vector = Float32Array.from((data as Float32Array).subarray(0, dims.at(-1)));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Computes the cosine of the angle between two unit vectors. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * Measures whether pictures changed as their captions did: the cosine between the change of the image vectors and that of the text vectors (Gal
 * et al., StyleGAN-NADA, 2022). NaN if one of them did not change.
 */
export function directionalSimilarity(
  images: { readonly from: Float32Array; readonly to: Float32Array },
  texts: { readonly from: Float32Array; readonly to: Float32Array },
): number {
  const image = images.to.map((value, i) => value - images.from[i]);
  const text = texts.to.map((value, i) => value - texts.from[i]);
  return cosineSimilarity(image, text) / (Math.hypot(...image) * Math.hypot(...text));
}
