import { spaceOf, trainingNetwork } from '@rewardedit/diffusion';
import {
  accumulatedTrainingStep,
  input,
  mean,
  mul,
  program,
  sub,
  trainingStep,
  type DTypes,
  type LossScaleSettings,
  type Program,
  type TrainingStepOptions,
} from '@rewardedit/graph';
import { adaptedByLora, querySpread } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';

/** The programs of a run; both work on one state. */
export interface TrainingPrograms {
  /** Runs on each micro-batch. Outputs: `loss`, and `query_spread` where there is a Q-Former. Without `apply` it is the whole step and gives `gradient_norm` as well. */
  readonly batch: Program<DTypes, DTypes & { readonly loss: 'f32' }>;
  /** Runs after the last micro-batch of a step, where there are several. Output: `gradient_norm`. */
  readonly apply?: Program<DTypes, DTypes & { readonly gradient_norm: 'f32' }>;
}

/** How the loss is scaled: so that small gradients are not lost where they pass through f16. */
export function lossScaleOf({ precision }: Pick<TrainConfig, 'precision'>): LossScaleSettings | undefined {
  return precision === 'f16' ? {} : undefined;
}

/**
 * A training step for a model: the weighted mean squared error between what the network predicts and its target, then, for what
 * is trained of it, gradients, clipping, AdamW and the moving average.
 */
export function trainingPrograms(
  { model, lora, trainable, texts }: Pick<TrainedModel, 'model' | 'lora' | 'trainable' | 'texts'>,
  config: TrainConfig,
): TrainingPrograms {
  const { channels, width, height } = spaceOf(model, { width: config.size, height: config.size });
  const batch = config.batchSize;
  const {
    network,
    prediction: base,
    conditions,
  } = trainingNetwork(model, {
    batch,
    width,
    height,
    recompute: config.recompute,
    precision: config.precision,
    texts,
  });
  const adapted = lora && adaptedByLora({ base }, lora.parameters, lora.settings);
  const prediction = adapted?.outputs['base'] ?? base;
  const all = Object.entries({ ...network.parameters, ...adapted?.parameters });
  const target = input('target', [batch, channels, height, width]);
  const weight = input('weight', [batch, channels, height, width]);
  const error = sub(prediction, target);
  const options: TrainingStepOptions = {
    loss: mean(mul(weight, mul(error, error))),
    parameters: Object.fromEntries(all.filter(([name]) => trainable.has(name))),
    adamw: { betas: config.betas, epsilon: config.epsilon, weightDecay: config.weightDecay },
    maxNorm: config.maxGradientNorm,
    ema: true,
    lossScale: lossScaleOf(config),
  };
  const { queries } = conditions;
  const told = (step: TrainingPrograms['batch']): TrainingPrograms['batch'] => {
    if (!queries) return step;
    const { outputs, updates } = step;
    return program({ outputs: { ...outputs, query_spread: querySpread(queries) }, updates });
  };
  if (config.accumulation === 1) return { batch: told(trainingStep(options)) };
  const { collect, apply } = accumulatedTrainingStep(options, config.accumulation);
  return { batch: told(collect), apply };
}
