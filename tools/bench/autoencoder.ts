import { createRandom } from '@rewardedit/core';
import { input, program, sizeOf, type Backend } from '@rewardedit/graph';
import {
  autoencoderParameters,
  createAutoencoder,
  createNetwork,
  parameterCount,
  parseAutoencoderConfig,
} from '@rewardedit/models';
import { residentBytes, type Race } from './race.ts';
import { drawnWeights } from './timed-net.ts';
import { askedPeer } from './torch-peer.ts';

/** Stable Diffusion 1.5's autoencoder. */
const STABLE_DIFFUSION = {
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
  latent_channels: 4,
};
/** Width and height in pixels. */
const SIZE = 512;

const PARTS = ['encode', 'decode'] as const;

/**
 * Encodes and decodes a picture of 512 pixels with Stable Diffusion's autoencoder, optionally next to
 * PyTorch.
 */
export async function* autoencoderRaces({
  open,
  against,
  threads,
}: {
  open: () => Promise<Backend>;
  against: string | undefined;
  threads: number;
}): AsyncGenerator<Race, void, void> {
  const levels = STABLE_DIFFUSION.block_out_channels;
  const config = parseAutoencoderConfig({
    ...STABLE_DIFFUSION,
    down_block_types: levels.map(() => 'DownEncoderBlock2D'),
    up_block_types: levels.map(() => 'UpDecoderBlock2D'),
  });
  const autoencoder = createAutoencoder(config);
  const side = SIZE / autoencoder.multiple;
  const given = {
    encode: input('given', [1, 3, SIZE, SIZE]),
    decode: input('given', [1, autoencoder.channels, side, side]),
  };
  const specs = autoencoderParameters(config);
  const task = { config: STABLE_DIFFUSION, size: SIZE, threads };
  const peer = against === 'torch' ? await askedPeer('torch_autoencoder.py', task) : undefined;
  if (peer && peer.parameters !== parameterCount(specs))
    throw new Error(
      `${parameterCount(specs)} parameters here, ${peer.parameters} in the peer: the networks differ.`,
    );
  for (const part of PARTS) {
    const backend = await open();
    const { scope } = createNetwork();
    const begun = performance.now();
    const output =
      part === 'encode'
        ? autoencoder.encode(scope, given.encode).mean
        : autoencoder.decode(scope, given.decode);
    const built = program({ outputs: { output } });
    const state = await backend.createState(built.state);
    for (const [name, { shape }] of Object.entries(built.state))
      await state.write(name, drawnWeights(shape, name.length));
    const executable = await backend.compile(built, state, { freeze: 'all' });
    const readySeconds = (performance.now() - begun) / 1000;
    const values = new Float32Array(sizeOf(given[part].shape));
    createRandom(0, 'bench').fillNormal(values);
    yield {
      name: `${part} ${SIZE} x ${SIZE} with SD 1.5's autoencoder, f32`,
      readySeconds,
      ours: async () => {
        const start = performance.now();
        await executable.run({ given: values });
        return { seconds: (performance.now() - start) / 1000, peakBytes: residentBytes() };
      },
      ...(peer && { peer: () => peer.turn(part), peerName: peer.name }),
    };
    await executable.dispose();
    await state.dispose();
    await backend.dispose();
  }
  await peer?.dispose();
}
