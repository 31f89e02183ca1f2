import { AUTOENCODER, editParameters, type EditModelConfig } from '@rewardedit/diffusion';
import type { TensorSpec } from '@rewardedit/graph';
import type { ParameterSpecs } from '@rewardedit/models';
import type { TrainedModel } from './model.ts';
import { nameInEncoder } from './run-weights.ts';

/** Returns the parameters of a model without its autoencoder, which is never trained and not part of the training programs. */
export function ownParameters(model: EditModelConfig): ParameterSpecs {
  const all = Object.entries(editParameters(model));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(`${AUTOENCODER}.`)));
}

/** Returns the state entries of a model's weights, except for those in separate states. */
export function ownSpecs({
  model,
  texts,
}: Pick<TrainedModel, 'model' | 'texts'>): Record<string, TensorSpec> {
  const isOwn = (name: string) => texts === 'as-ids' || nameInEncoder(name) === undefined;
  const own = Object.entries(ownParameters(model)).filter(([name]) => isOwn(name));
  return Object.fromEntries(own.map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}
