import {
  add,
  attention,
  conv2d,
  groupNorm,
  input,
  mul,
  program,
  reshape,
  resizeNearest,
  silu,
  state,
  sub,
  transpose,
} from '@rewardedit/graph';

/** Width and height of the picture in pixels. */
export const SIDE = 32;
const CHANNELS = 16;

const bias = (name, channels) => reshape(state(name, [channels]), [1, channels, 1, 1]);

function convolution(x, name, channels, stride = 1) {
  const weight = state(`${name}.weight`, [channels, x.shape[1], 3, 3]);
  return add(conv2d(x, weight, { padding: 1, stride }), bias(`${name}.bias`, channels));
}

/** A residual block, as in a U-Net. */
function residual(x, name) {
  const [, channels] = x.shape;
  const norm = groupNorm(
    x,
    4,
    state(`${name}.norm.weight`, [channels]),
    state(`${name}.norm.bias`, [channels]),
    1e-5,
  );
  return add(x, convolution(silu(norm), `${name}.conv`, channels));
}

/** Attention from every position to all others. */
function selfAttention(x) {
  const [batch, channels, height, width] = x.shape;
  const tokens = transpose(reshape(x, [batch, channels, height * width]), [0, 2, 1]);
  const attended = attention(tokens, tokens, tokens, { scale: channels ** -0.5 });
  return add(x, reshape(transpose(attended, [0, 2, 1]), x.shape));
}

/** One step: the network predicts the picture, and the latent moves towards it by a share of the distance. */
export function denoisingStep() {
  const latent = state('latent', [1, 3, SIDE, SIDE]);
  const first = residual(convolution(latent, 'in', CHANNELS), 'first');
  const inner = selfAttention(residual(convolution(first, 'down', 2 * CHANNELS, 2), 'inner'));
  const up = convolution(resizeNearest(inner, SIDE, SIDE), 'up', CHANNELS);
  const picture = convolution(silu(add(up, first)), 'out', 3);
  const next = add(latent, mul(sub(picture, latent), input('share', [])));
  return program({ outputs: {}, updates: { latent: next } });
}

/** Noise for the latent, and weights that keep the scale of activations. */
export function startingState(step) {
  return Object.fromEntries(
    Object.entries(step.state).map(([name, { shape }], i) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const scale = name === 'latent' ? 1 : shape.length === 1 ? 0.1 : (length / shape[0]) ** -0.5;
      return [name, Float32Array.from({ length }, (_, k) => scale * Math.sin((k + 7 * i) ** 2))];
    }),
  );
}
