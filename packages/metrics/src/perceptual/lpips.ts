import { assertSameSize, type Picture } from '@rewardedit/data';
import { openNetwork } from './network.ts';
import { toPlanes } from './planes.ts';

/** Perceptual distance of two pictures; 0 for equal ones. */
export interface PerceptualDistance {
  distance(a: Picture, b: Picture): Promise<number>;
  dispose(): Promise<void>;
}

/** LPIPS expects values from -1 to 1. */
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;

/**
 * Opens Learned Perceptual Image Patch Similarity (Zhang et al., 2018) from an ONNX file of the complete metric: two inputs [1, 3, height, width]
 * from -1 to 1, one output. Throws 'bad-input' for any other file; the distance, if the pictures differ in size.
 */
export async function openLpips(path: string): Promise<PerceptualDistance> {
  const network = await openNetwork(path);
  const [a, b] = network.inputs;
  return {
    async distance(first, second) {
      assertSameSize(first, second);
      const inputs = { [a]: toPlanes(first, NORMALIZATION), [b]: toPlanes(second, NORMALIZATION) };
      const { data } = await network.run(inputs, network.outputs[0]);
      return Number(data[0]);
    },
    dispose: network.dispose,
  };
}
