import {
  input,
  mean,
  mul,
  program,
  stateNames,
  sub,
  trainingScalars,
  trainingStep,
  type EntryNames,
  type Program,
  type TensorData,
} from '@rewardedit/graph';
import { createNetwork, parseUNetConfig, unet, unetInputs } from '@rewardedit/models';

/** One of several programs over the same state, whose combined memory is measured. */
export interface MemoryCase {
  readonly program: Program;
  readonly freeze?: EntryNames;
  /** State names that stand in for entries of the program. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Artificial inputs other than the picture and its conditions. */
  readonly scalars: Readonly<Record<string, TensorData>>;
}

const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;

/** A U-Net of 24 million parameters, with attention on the lower two of its three levels. */
const CONFIG = parseUNetConfig({
  in_channels: 8,
  out_channels: 4,
  block_out_channels: [64, 128, 256],
  layers_per_block: 2,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  attention_head_dim: 8,
  cross_attention_dim: 128,
  norm_num_groups: 32,
});

function network(batch: number, size: number, recompute = false) {
  const built = createNetwork();
  const inputs = unetInputs(CONFIG, { batch, height: size, width: size, tokens: 77 });
  return { built, output: unet(built.scope, CONFIG, inputs, { recompute }) };
}

function training(batch: number, size: number, recompute: boolean): MemoryCase {
  const { built, output } = network(batch, size, recompute);
  const error = sub(output, input('target', output.shape));
  const loss = mean(mul(error, error));
  const step = trainingStep({ loss, parameters: built.parameters, adamw: ADAMW, maxNorm: 1, ema: true });
  const scalars = trainingScalars({ step: 1, learningRate: 1e-4, adamw: ADAMW, emaDecay: 0.9 });
  return { program: step, scalars };
}

function forward(batch: number, size: number, freeze?: EntryNames): MemoryCase {
  const { output } = network(batch, size);
  return {
    program: program({ outputs: { output } }),
    scalars: {},
    ...(freeze && { freeze }),
  };
}

/** Runs with the averages that training keeps, in place. */
function withAverages(made: MemoryCase): MemoryCase {
  const names = Object.keys(made.program.state);
  return { ...made, aliases: Object.fromEntries(names.map((name) => [name, stateNames.average(name)])) };
}

/**
 * Training and sampling, alone and together, small and large pictures, weights in place and packed: cases
 * with different proportions of memory.
 */
export const MEMORY_CASES: Readonly<Record<string, () => readonly MemoryCase[]>> = {
  'training, 4 samples of 32 x 32': () => [training(4, 32, false)],
  'training, 8 samples of 64 x 64, recomputed': () => [training(8, 64, true)],
  'forward, 4 samples of 32 x 32': () => [forward(4, 32)],
  'forward, 4 samples of 32 x 32, weights frozen': () => [forward(4, 32, 'all')],
  'forward, 2 samples of 96 x 96': () => [forward(2, 96)],
  'training, 4 samples of 32 x 32, and 8 drawn with the averages': () => [
    training(4, 32, false),
    withAverages(forward(8, 32)),
  ],
};
