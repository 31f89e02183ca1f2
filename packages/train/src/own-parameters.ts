import { AUTOENCODER, editParameters, type EditModelConfig } from '@rewardedit/diffusion';
import type { ParameterSpecs } from '@rewardedit/models';

/** The parameters of a model but for its autoencoder, which is never trained and is no part of the programs that train. */
export function ownParameters(model: EditModelConfig): ParameterSpecs {
  const all = Object.entries(editParameters(model));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(`${AUTOENCODER}.`)));
}
