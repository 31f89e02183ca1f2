import { initialLossScale, stateNames, type Program, type TensorSpec } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';
import { lossScaleOf, type TrainingPrograms } from './objective.ts';
import { ownSpecs } from './own-parameters.ts';
import { nameInEncoder } from './run-weights.ts';
import { keepsAverages } from './used-entry.ts';

/** Returns the state entries of a checkpoint: the trained parameters with their moments and averages, if any, and the loss scale. */
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

/** Returns the parameters of the text encoder, by their own names. */
export function textEncoderSpecs(
  programs: Readonly<Record<string, Program | undefined>>,
): Record<string, TensorSpec> {
  const all = Object.values(programs).flatMap((program) => Object.entries(program?.state ?? {}));
  return Object.fromEntries(all.map(([name, spec]) => [nameInEncoder(name)!, spec]));
}

/** Returns the entries of a run's state: those of the programs, and the other parameters of the model, which is saved as a whole. */
export function stateSpecs(
  { batch, apply }: TrainingPrograms,
  trained: TrainedModel,
): Record<string, TensorSpec> {
  return { ...ownSpecs(trained), ...batch.state, ...apply?.state };
}
