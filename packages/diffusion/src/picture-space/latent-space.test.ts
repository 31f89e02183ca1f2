import { shrinkPicture } from '@rewardedit/data';
import { evaluate, input, program } from '@rewardedit/graph';
import { createNetwork } from '@rewardedit/models';
import { expect, it } from 'vitest';
import { latentSpace } from './latent-space.ts';
import { identity, patchAutoencoder } from './patch-autoencoder.test.helper.ts';
import { pixelSpace, toPixelSpace } from './pixel-space.ts';

const PIXELS = Float32Array.from({ length: 3 * 4 * 4 }, (_, i) => Math.sin(i));
const shape = [1, 3, 4, 4];

/** Mode, sample and decoded sample of the picture, where the mean is the squares of pixels and the variance's logarithm a multiple. */
function encoded(scale: number, logVariance: number, noise: number) {
  const { scope } = createNetwork();
  const space = latentSpace(patchAutoencoder(scale));
  const { mode, sample } = space.encode(scope, input('pixels', shape));
  const drawn = sample(input('noise', mode.shape));
  const { outputs } = evaluate(program({ outputs: { mode, drawn, decoded: space.decode(scope, drawn) } }), {
    inputs: { pixels: PIXELS, noise: new Float32Array(PIXELS.length).fill(noise) },
    state: { mean: identity(), log_variance: identity(logVariance), back: identity() },
  });
  return outputs;
}

const [squares] = [pixelSpace(2).encode(createNetwork().scope, input('pixels', shape)).mode].map(
  (mode) => evaluate(program({ outputs: { mode } }), { inputs: { pixels: PIXELS } }).outputs['mode'],
);

it('has an unscaled mode, and scaled samples with the encoded deviation', () => {
  const { mode, drawn } = encoded(0.25, 2, 3);
  expect(mode).toEqual(squares);
  drawn.forEach((value, i) => expect(value).toBeCloseTo(0.25 * (squares[i] + Math.exp(squares[i]) * 3), 9));
});

it('decodes scaled samples', () => {
  const { decoded } = encoded(0.18215, 1, 0);
  decoded.forEach((value, i) => expect(value).toBeCloseTo(PIXELS[i], 9));
});

it('previews shifted and scaled samples from an unscaled mode', () => {
  const [scale, shift] = [0.25, 3];
  const side = 8;
  const known = { width: side, height: side, data: new Uint8Array(3 * side ** 2) };
  known.data.forEach((_, i) => (known.data[i] = (i * 37) % 256));
  const mode = toPixelSpace(known, 2);
  const { draw } = latentSpace(patchAutoencoder(scale, shift)).preview({ picture: known, mode });
  const shown = draw(mode.map((value) => (value - shift) * scale));
  const truth = shrinkPicture(known, 2);
  shown.data.forEach((value, i) => expect(Math.abs(value - truth.data[i])).toBeLessThanOrEqual(6));
});

it('bounds the variance like diffusers', () => {
  const { drawn } = encoded(1, 1000, 1);
  drawn.forEach((value, i) => {
    const bounded = Math.max(-30, Math.min(1000 * squares[i], 20));
    expect(value / (squares[i] + Math.exp(bounded / 2))).toBeCloseTo(1, 6);
  });
});
