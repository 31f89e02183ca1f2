import { alignmentNetwork, spaceOf, trainingNetwork, type Conditions } from '@rewardedit/diffusion';
import {
  accumulatedTrainingStep,
  add,
  cast,
  div,
  input,
  maximum,
  mean,
  mul,
  program,
  reshape,
  sub,
  sum,
  trainingStep,
  type DTypes,
  type LossScaleSettings,
  type NamedTensors,
  type Program,
  type Tensor,
  type TrainingStepOptions,
} from '@rewardedit/graph';
import { adaptedByLora, languageLoss, querySpread, type Network } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import { contrastLoss, isContrasted } from './contrast-loss.ts';
import type { TrainedModel } from './model.ts';
import { keepsAverages } from './used-entry.ts';

/** The programs of a run, over a shared state. */
export interface TrainingPrograms {
  /**
   * Runs on each micro-batch. Outputs: `loss`, `query_spread` with a Q-Former, and `language_loss` if it has a weight. Without `apply` it is the
   * whole step and also outputs `gradient_norm`.
   */
  readonly batch: Program<DTypes, DTypes & { readonly loss: 'f32' }>;
  /** Runs after the last micro-batch of a step, with gradient accumulation. Output: `gradient_norm`. */
  readonly apply?: Program<DTypes, DTypes & { readonly gradient_norm: 'f32' }>;
}

/** Returns the settings of loss scaling, which keeps small gradients from underflowing in f16; undefined with f32. */
export function lossScaleOf({ precision }: Pick<TrainConfig, 'precision'>): LossScaleSettings | undefined {
  return precision === 'f16' ? {} : undefined;
}

/** The loss to minimize, and metrics to report. */
interface Objective {
  readonly network: Network;
  readonly loss: Tensor;
  /** Parameters that are not part of the network, such as LoRA layers. */
  readonly added: NamedTensors;
  readonly metrics: NamedTensors;
}

type Learned = Pick<TrainedModel, 'model' | 'lora' | 'trainable' | 'texts'>;

/** The objectives by name. */
const OBJECTIVES: Readonly<
  Record<NonNullable<TrainConfig['objective']>, (learned: Learned, config: TrainConfig) => Objective>
> = { edits: editObjective, alignment: alignmentObjective };

/**
 * Builds the training step of a model: the objective, then gradients, clipping, AdamW and the moving average of the trained parameters.
 *
 * @throws Error if the loss does not depend on a trained parameter.
 */
export function trainingPrograms(learned: Learned, config: TrainConfig): TrainingPrograms {
  const { network, loss, added, metrics } = OBJECTIVES[config.objective ?? 'edits'](learned, config);
  const all = Object.entries({ ...network.parameters, ...added });
  const options: TrainingStepOptions = {
    loss,
    parameters: Object.fromEntries(all.filter(([name]) => learned.trainable.has(name))),
    adamw: { betas: config.betas, epsilon: config.epsilon, weightDecay: config.weightDecay },
    maxNorm: config.maxGradientNorm,
    ema: keepsAverages(config),
    lossScale: lossScaleOf(config),
  };
  const withMetrics = ({ outputs, updates }: TrainingPrograms['batch']): TrainingPrograms['batch'] =>
    program({ outputs: { ...outputs, ...metrics }, updates });
  if (config.accumulation === 1) return { batch: withMetrics(trainingStep(options)) };
  const { collect, apply } = accumulatedTrainingStep(options, config.accumulation);
  return { batch: withMetrics(collect), apply };
}

/** The weighted mean squared error of the network's prediction, with the contrastive loss against wrong instructions if it has a weight. */
function editObjective({ model, lora, texts }: Learned, config: TrainConfig): Objective {
  const { channels, width, height } = spaceOf(model, { width: config.size, height: config.size });
  const { recompute, precision } = config;
  const batch = config.batchSize * (isContrasted(config) ? 2 : 1);
  const sizes = { batch, width, height, recompute, precision, texts };
  const { network, prediction: base, conditions } = trainingNetwork(model, sizes);
  const adapted = lora && adaptedByLora({ base }, lora.parameters, lora.settings);
  const prediction = adapted?.outputs['base'] ?? base;
  const target = input('target', [batch, channels, height, width]);
  const weight = input('weight', [batch, channels, height, width]);
  const error = sub(prediction, target);
  const language = languageObjective(conditions, config);
  const errors = mul(weight, mul(error, error));
  const loss = isContrasted(config)
    ? contrastLoss(errors, input('contrasted', [config.batchSize]), config)
    : mean(errors);
  return {
    network,
    loss: language ? add(loss, language.weighted) : loss,
    added: adapted?.parameters ?? {},
    metrics: { ...spreadOf(conditions), ...language?.metrics },
  };
}

/**
 * The first stage of SmartEdit's training: the mean squared error between the Q-Former's queries and the text encoder's states of the same
 * instruction, averaged over samples that have one.
 */
function alignmentObjective({ model }: Learned, config: TrainConfig): Objective {
  const { batchSize: batch, precision } = config;
  const { network, conditions, texts, instructed } = alignmentNetwork(model, { batch, precision });
  const language = languageObjective(conditions, config);
  const error = sub(cast(conditions.said!, 'f32'), cast(texts, 'f32'));
  const perSample = mean(mul(error, error), [1, 2]);
  // Averaged over samples with an instruction only.
  const counts = reshape(instructed, [batch, 1, 1]);
  const loss = div(sum(mul(perSample, counts)), maximum(sum(counts), 1));
  return {
    network,
    loss: language ? add(loss, language.weighted) : loss,
    added: {},
    metrics: { ...spreadOf(conditions), ...language?.metrics },
  };
}

function spreadOf({ queries }: Conditions): NamedTensors {
  return queries ? { query_spread: querySpread(queries) } : {};
}

/** Returns the next-token loss of the model's own decoder, or undefined if it has no weight. */
function languageObjective({ logits }: Conditions, { languageWeight = 0 }: TrainConfig) {
  if (languageWeight === 0) return undefined;
  if (!logits) throw new Error('languageObjective: the model has no decoder of its own.');
  const [batch, positions] = logits.shape;
  const loss = languageLoss(logits, input('next_ids', [batch, positions], 'i32'));
  return { weighted: mul(loss, languageWeight), metrics: { language_loss: loss } };
}
