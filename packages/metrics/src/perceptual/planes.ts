import type { Picture } from '@rewardedit/data';
import { Tensor } from 'onnxruntime-node';
import { resizeBicubic } from '../pixels/bicubic.ts';

/** Mean and standard deviation of values from 0 to 1, for red, green and blue. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Converts a picture to a network's input: [1, 3, height, width], normalized. */
export function toPlanes({ width, height, data }: Picture, { mean, deviation }: Normalization): Tensor {
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < data.length; i++) {
    const channel = i % 3;
    planes[channel * pixels + Math.floor(i / 3)] = (data[i] / 255 - mean[channel]) / deviation[channel];
  }
  return new Tensor('float32', planes, [1, 3, height, width]);
}

/**
 * Resizes the shorter side to `resize` pixels with a bicubic kernel and crops the central `crop` x `crop` pixels: the preprocessing of CLIP and
 * DINO (torchvision's Resize and CenterCrop on PIL pictures).
 */
export function fitSquare(picture: Picture, resize: number, crop: number): Picture {
  const scale = resize / Math.min(picture.width, picture.height);
  const width = Math.max(resize, Math.trunc(picture.width * scale));
  const height = Math.max(resize, Math.trunc(picture.height * scale));
  const resized = resizeBicubic(picture, { width, height });
  return cutOut(resized, Math.round((width - crop) / 2), Math.round((height - crop) / 2), crop);
}

function cutOut({ width, data }: Picture, left: number, top: number, side: number): Picture {
  const cut = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * width + left) * 3;
    cut.set(data.subarray(start, start + side * 3), y * side * 3);
  }
  return { width: side, height: side, data: cut };
}
