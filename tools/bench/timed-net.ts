import { createRandom } from '@rewardedit/core';
import { typesToRun, typesToTrain, type Precision } from '@rewardedit/diffusion';
import {
  cast,
  dataOf,
  initialLossScale,
  input,
  mean,
  mul,
  program,
  sizeOf,
  sub,
  trainingScalars,
  trainingStep,
  type Backend,
  type Executable,
  type Program,
  type TensorData,
} from '@rewardedit/graph';
import { createNetwork, parseUNetConfig, timestepSinusoids, unet, unetInputs } from '@rewardedit/models';
import type { Net } from './nets.ts';
import { residentBytes, type Contestant } from './race.ts';

export type Part = 'forward' | 'train';

const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;
const LOSS_SCALE = {};

/** A network on a backend, ready to run. */
export interface TimedNet {
  readonly parameters: number;
  /** The memory that its program needs on the device, in bytes. */
  readonly memory: number;
  readonly executable: Executable;
  /** Seconds until the first turn can start: loading weights and compiling. */
  readonly readySeconds: number;
  /** The inputs of the next turn. */
  inputs(): Record<string, TensorData>;
  readonly turn: Contestant;
  dispose(): Promise<void>;
}

/** The program of a U-Net's forward pass, or of its training step with AdamW. */
export function netProgram(
  { batch, size, tokens, config: json }: Net,
  { part, precision }: { part: Part; precision: Precision },
) {
  const config = parseUNetConfig(json);
  const network = createNetwork(part === 'forward' ? typesToRun(precision) : typesToTrain(precision));
  const inputs = unetInputs(config, { batch, height: size, width: size, tokens });
  const output = cast(unet(network.scope, config, inputs), 'f32');
  const error = sub(output, input('target', output.shape));
  const lossScale = precision === 'f16' ? LOSS_SCALE : undefined;
  const built: Program =
    part === 'forward'
      ? program({ outputs: { output } })
      : trainingStep({
          loss: mean(mul(error, error)),
          parameters: network.parameters,
          adamw: ADAMW,
          lossScale,
        });
  return { built, config, network, output, lossScale };
}

/** Prepares a U-Net with random weights on a backend. */
export async function timedNet(
  backend: Backend,
  net: Net,
  { part, precision }: { part: Part; precision: Precision },
): Promise<TimedNet> {
  const begun = performance.now();
  const { batch, size, tokens, config: json } = net;
  const { built, config, network, output, lossScale } = netProgram(net, { part, precision });
  const memory = backend.memory({ states: [built.state], programs: [{ program: built }] });
  const state = await backend.createState(built.state);
  let parameters = 0;
  for (const [name, { shape, dtype }] of Object.entries(network.specs)) {
    parameters += sizeOf(shape);
    const values = drawnWeights(shape, name.length);
    await state.write(name, dtype === 'f32' ? values : dataOf(dtype, values));
  }
  if (lossScale && part === 'train')
    for (const [name, values] of Object.entries(initialLossScale(lossScale))) await state.write(name, values);

  const random = createRandom(0, 'bench');
  const normal = (length: number) => {
    const values = new Float32Array(length);
    random.fillNormal(values);
    return values;
  };
  const fixed: Record<string, TensorData> = {
    sample: normal(batch * config.in_channels * size * size),
    encoder_hidden_states: normal(batch * tokens * Number(json['cross_attention_dim'])),
    time_proj: timestepSinusoids(
      config,
      Array.from({ length: batch }, () => random.integer(1000)),
    ),
  };
  if (part === 'train') fixed['target'] = normal(sizeOf(output.shape));
  const executable = await backend.compile(built, state, part === 'forward' ? { freeze: 'all' } : {});
  const readySeconds = (performance.now() - begun) / 1000;
  let steps = 0;
  const next = () => {
    if (part === 'forward') return fixed;
    steps += 1;
    return { ...fixed, ...trainingScalars({ step: steps, learningRate: 1e-5, adamw: ADAMW }) };
  };
  return {
    parameters,
    memory: Object.values(memory).reduce((sum, bytes) => sum + bytes, 0),
    executable,
    readySeconds,
    inputs: next,
    turn: async () => {
      const given = next();
      const start = performance.now();
      await executable.run(given);
      return { seconds: (performance.now() - start) / 1000, peakBytes: residentBytes() };
    },
    dispose: async () => {
      await executable.dispose();
      await state.dispose();
    },
  };
}

/** Random numbers, drawn once: drawing hundreds of millions would take longer than the measurement. */
const NOISE = (() => {
  const values = new Float32Array(2 ** 18);
  createRandom(0, 'weights').fillNormal(values);
  return values;
})();

/** Weights that keep the scale of activations about constant. */
export function drawnWeights(shape: readonly number[], shift: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (shape.length === 1) return values.fill(0.5);
  const deviation = sizeOf(shape.slice(1)) ** -0.5;
  for (let i = 0; i < values.length; i++) values[i] = deviation * NOISE[(i + 977 * shift) % NOISE.length];
  return values;
}
