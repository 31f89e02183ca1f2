import { AUTOENCODER, editParameters, type EditModelConfig } from '@rewardedit/diffusion';
import type { TensorSpec } from '@rewardedit/graph';
import type { ParameterSpecs } from '@rewardedit/models';
import type { TrainedModel } from './model.ts';
import { nameInEncoder } from './run-weights.ts';

/** The parameters of a model but for its autoencoder, which is never trained and is no part of the programs that train. */
export function ownParameters(model: EditModelConfig): ParameterSpecs {
  const all = Object.entries(editParameters(model));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(`${AUTOENCODER}.`)));
}

/** The entries of a state that holds all weights of a model but those that lie in states of their own. */
export function ownSpecs({
  model,
  texts,
}: Pick<TrainedModel, 'model' | 'texts'>): Record<string, TensorSpec> {
  const isOwn = (name: string) => texts === 'as-ids' || nameInEncoder(name) === undefined;
  const own = Object.entries(ownParameters(model)).filter(([name]) => isOwn(name));
  return Object.fromEntries(own.map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}
