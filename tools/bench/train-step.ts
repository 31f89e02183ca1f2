import { createRandom } from '@rewardedit/core';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import {
  input,
  mean,
  mul,
  program,
  sub,
  trainingScalars,
  trainingStep,
  type Backend,
  type Executable,
  type State,
  type TensorData,
} from '@rewardedit/graph';
import {
  createNetwork,
  initialParameters,
  parseUNetConfig,
  timestepSinusoids,
  unet,
  unetInputs,
} from '@rewardedit/models';
import { residentBytes, type Contestant, type Race } from './race.ts';
import { torchPeer } from './torch-peer.ts';

/** A U-Net and the batch it is timed on. */
interface Net {
  readonly batch: number;
  /** Width and height of the sample. */
  readonly size: number;
  /** Tokens of the text that it attends to. */
  readonly tokens: number;
  readonly config: Readonly<Record<string, unknown>>;
}

const NETS: Record<string, Net> = {
  /** The configuration of the reference set of the same name, at batch 8. */
  'unet-tiny': {
    batch: 8,
    size: 16,
    tokens: 7,
    config: {
      in_channels: 8,
      out_channels: 4,
      block_out_channels: [32, 64],
      layers_per_block: 1,
      down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: 8,
      cross_attention_dim: 32,
      norm_num_groups: 8,
    },
  },
  /** 24 million parameters. */
  middle: {
    batch: 4,
    size: 32,
    tokens: 77,
    config: {
      in_channels: 8,
      out_channels: 4,
      block_out_channels: [64, 128, 256],
      layers_per_block: 2,
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      attention_head_dim: 8,
      cross_attention_dim: 128,
      norm_num_groups: 32,
    },
  },
};

const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;

type Part = 'forward' | 'train';

/**
 * Forward, and forward with backward and AdamW, of two U-Nets, beside the same networks on a peer where one is asked for:
 * in PyTorch, or on ONNX Runtime's own WebGPU provider. Each network is made when its turn comes, so that its memory is not in
 * the peak of the one before.
 */
export async function* unetRaces({
  backend,
  against,
  threads,
  parts,
}: {
  backend: () => Promise<Backend>;
  against: string | undefined;
  threads: number;
  parts: readonly Part[];
}): AsyncGenerator<Race, void, void> {
  for (const [name, net] of Object.entries(NETS)) {
    const ours = await netOn(await backend(), net, parts);
    const peer =
      against === 'ort'
        ? await netOn(await createOnnxBackend({ provider: 'webgpu' }), net, parts)
        : against === 'torch'
          ? await torchPeer({ ...net, threads })
          : undefined;
    if (peer && peer.parameters !== ours.parameters) {
      throw new Error(
        `${name}: ${ours.parameters} parameters here, ${peer.parameters} there: not the same network.`,
      );
    }
    for (const part of parts) {
      yield {
        name: `${name}, batch ${net.batch}, ${part === 'forward' ? 'forward' : 'forward + backward + AdamW'}`,
        ours: ours[part],
        ...(peer && { peer: peer[part], peerName: peer.name }),
      };
    }
    await ours.dispose();
    await peer?.dispose();
  }
}

interface TimedNet {
  readonly name: string;
  readonly parameters: number;
  readonly forward: Contestant;
  readonly train: Contestant;
  dispose(): Promise<void>;
}

async function netOn(
  backend: Backend,
  { batch, size, tokens, config: json }: Net,
  parts: readonly Part[],
): Promise<TimedNet> {
  const config = parseUNetConfig(json);
  const network = createNetwork();
  const output = unet(
    network.scope,
    config,
    unetInputs(config, { batch, height: size, width: size, tokens }),
  );
  const error = sub(output, input('target', output.shape));
  const step = trainingStep({ loss: mean(mul(error, error)), parameters: network.parameters, adamw: ADAMW });

  const specs = Object.entries(step.state).map(
    ([name, { shape, dtype }]) => [name, { shape, dtype }] as const,
  );
  const state: State = await backend.createState(Object.fromEntries(specs));
  let parameters = 0;
  for (const [name, values] of initialParameters(network.specs, 0)) {
    parameters += values.length;
    await state.write(name, values);
  }
  const random = createRandom(0, 'bench');
  const normal = (length: number) => {
    const values = new Float32Array(length);
    random.fillNormal(values);
    return values;
  };
  const inputs: Record<string, TensorData> = {
    sample: normal(batch * config.in_channels * size * size),
    encoder_hidden_states: normal(batch * tokens * Number(json['cross_attention_dim'])),
    time_proj: timestepSinusoids(
      config,
      Array.from({ length: batch }, () => random.integer(1000)),
    ),
  };
  const target = normal(batch * config.out_channels * size * size);

  const prepared = {
    forward: () => backend.compile(program({ outputs: { output } }), state, { freeze: 'all' }),
    train: () => backend.compile(step, state),
  };
  const compiled = new Map<Part, Executable>();
  for (const part of parts) compiled.set(part, await prepared[part]());
  let steps = 0;
  return {
    name: backend.name,
    parameters,
    forward: timed(compiled.get('forward'), () => inputs),
    train: timed(compiled.get('train'), () => {
      steps += 1;
      return { ...inputs, target, ...trainingScalars({ step: steps, learningRate: 1e-4, adamw: ADAMW }) };
    }),
    dispose: () => backend.dispose(),
  };
}

function timed(executable: Executable | undefined, inputs: () => Record<string, TensorData>): Contestant {
  return async () => {
    const given = inputs();
    const start = performance.now();
    await executable!.run(given);
    return { seconds: (performance.now() - start) / 1000, peakBytes: residentBytes() };
  };
}
