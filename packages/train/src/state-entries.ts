import { initialLossScale, stateNames, type Program, type TensorSpec } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';
import { lossScaleOf, type TrainingPrograms } from './objective.ts';
import { ownSpecs } from './own-parameters.ts';
import { nameInEncoder } from './run-weights.ts';
import { keepsAverages } from './used-entry.ts';

/** The entries of the state that a checkpoint holds: what is trained, with its moments and averages (where there are any), and the scale of the loss. */
export function savedEntries({ trainable }: TrainedModel, config: TrainConfig): string[] {
  const parameters = [...trainable].flatMap((name) => [
    name,
    stateNames.firstMoment(name),
    stateNames.secondMoment(name),
    ...(keepsAverages(config) ? [stateNames.average(name)] : []),
  ]);
  const scale = lossScaleOf(config);
  return scale ? [...parameters, ...Object.keys(initialLossScale(scale))] : parameters;
}

/** The parameters of the text encoder, by their names in it. */
export function textEncoderSpecs(
  programs: Readonly<Record<string, Program | undefined>>,
): Record<string, TensorSpec> {
  const all = Object.values(programs).flatMap((program) => Object.entries(program?.state ?? {}));
  return Object.fromEntries(all.map(([name, spec]) => [nameInEncoder(name)!, spec]));
}

/** All that the programs work on, and what they do not look at of the model: it is part of what is written. */
export function stateSpecs(
  { batch, apply }: TrainingPrograms,
  trained: TrainedModel,
): Record<string, TensorSpec> {
  return { ...ownSpecs(trained), ...batch.state, ...apply?.state };
}
