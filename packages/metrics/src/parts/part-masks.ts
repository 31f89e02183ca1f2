import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Tensor } from 'onnxruntime-node';
import { RewardEditError } from '@rewardedit/core';
import { resizePicture, type MaskMaker, type MaskedPart, type Picture } from '@rewardedit/data';
import { openNetwork } from '../perceptual/network.ts';

/** Side of the input of a network with dynamic axes: that of U2-Net. */
const DEFAULT_SIDE = 320;
/** ImageNet's normalization, which such networks were trained with; red, green and blue. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/**
 * Opens a network that finds a part of a photo, such as U2-Net (arXiv 2005.09007) for the subject. Its input is [1, 3, side, side] in ImageNet's
 * normalization; its first output is [1, 1, side, side], higher where the part is. Masks have the network's size. Masks of a subject are
 * stretched to 0 to 1 in each photo, as in U2-Net's own code; masks of a sky are probabilities, because a photo may have no sky.
 *
 * Throws 'bad-input' if the file is missing or not such a network.
 */
export async function openPartMasks(
  path: string,
  part: MaskedPart,
): Promise<MaskMaker & { dispose(): Promise<void> }> {
  const network = await openNetwork(path);
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
    .slice(0, 16);
  const side = network.inputShape(network.inputs[0])[3] ?? DEFAULT_SIDE;
  return {
    part,
    digest,
    async maskOf(photo) {
      const picture = await resizePicture(photo, { width: side, height: side }, whole(photo));
      const input = new Tensor('float32', normalized(picture), [1, 3, side, side]);
      const output = await network.run({ [network.inputs[0]]: input }, network.outputs[0]);
      const [rows, columns] = output.dims.slice(-2);
      if (!(output.data instanceof Float32Array) || output.data.length !== rows * columns) {
        throw new RewardEditError('bad-input', 'the model does not return one mask per picture', {
          where: path,
          hint: 'a model such as U2-Netp (u2netp.onnx) has the input [1, 3, side, side] and the output [1, 1, side, side]',
        });
      }
      return greyPicture(part === 'subject' ? stretched(output.data) : output.data, columns, rows);
    },
    dispose: () => network.dispose(),
  };
}

function whole({ width, height }: Picture) {
  return { left: 0, top: 0, width, height };
}

function normalized({ data }: Picture): Float32Array {
  // The original code divides by the brightest value of the photo, not by 255.
  const most = Math.max(
    1,
    data.reduce((max, value) => Math.max(max, value), 0),
  );
  const pixels = data.length / 3;
  const values = new Float32Array(data.length);
  for (let i = 0; i < pixels; i++)
    for (let c = 0; c < 3; c++) values[c * pixels + i] = (data[i * 3 + c] / most - MEAN[c]) / DEVIATION[c];
  return values;
}

function stretched(values: Float32Array): Float32Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > least ? values.map((value) => (value - least) / (most - least)) : values.map(() => 0);
}

function greyPicture(values: Float32Array, width: number, height: number): Picture {
  const data = new Uint8Array(values.length * 3);
  values.forEach((value, i) =>
    data.fill(Math.round(255 * Math.min(1, Math.max(0, value))), i * 3, i * 3 + 3),
  );
  return { width, height, data };
}
