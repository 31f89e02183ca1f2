import { RewardEditError } from '@rewardedit/core';
import type { AutoencoderConfig } from '../autoencoder/index.ts';
import type { ClipTextConfig } from '../clip-text-config.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from '../network-parameters.ts';
import type { ParameterSpecs } from '../parameters.ts';
import { isRewardParameter } from '../reward-conditioning.ts';
import type { TensorFile } from '../tensor-file.ts';
import type { UNetConfig } from '../unet-config.ts';
import { assertFits } from '../weights.ts';
import { originalAutoencoderNames } from './autoencoder-names.ts';
import { originalUNetNames } from './unet-names.ts';

/** The networks of a model with all weights in one file, in the layout of Stable Diffusion's and InstructPix2Pix's original code. */
export interface SingleFileConfig {
  readonly unet: UNetConfig;
  readonly autoencoder: AutoencoderConfig;
  readonly textEncoder: ClipTextConfig;
}

export type Component = keyof SingleFileConfig;

const PREFIXES: Readonly<Record<Component, string>> = {
  unet: 'model.diffusion_model.',
  autoencoder: 'first_stage_model.',
  textEncoder: 'cond_stage_model.transformer.',
};

/** Tensors in such files that are not weights of the networks: tables of the noise schedule, unused averages, losses. */
const NO_WEIGHTS =
  /^(model_ema\.|loss\.|first_stage_model\.loss\.|betas$|alphas_cumprod|sqrt_|log_one_minus_|posterior_|lvlb_weights$|logvar$|scale_factor$)|\.position_ids$/;

interface Part {
  readonly specs: ParameterSpecs;
  /** Name in the file. */
  readonly nameOf: (name: string) => string;
  /** Whether a tensor in the file belongs to this network. */
  readonly owns: (name: string) => boolean;
}

/** Returns the parameters of each network, and their names in the file. */
export function singleFileParts(config: SingleFileConfig): Record<Component, Part> {
  const { autoencoder } = config;
  if (autoencoder.kind !== 'kl') {
    throw new RewardEditError(
      'bad-input',
      'only models with an AutoencoderKL can be written as a single file',
      {
        hint: 'Keep the model as a folder.',
      },
    );
  }
  const part = (component: Component, specs: ParameterSpecs, rename: (name: string) => string): Part => ({
    specs,
    // The layout has no names for reward layers: they keep their own.
    nameOf: (name) => PREFIXES[component] + (isRewardParameter(name) ? name : rename(name)),
    owns: (name) => name.startsWith(PREFIXES[component]) && !NO_WEIGHTS.test(name),
  });
  return {
    unet: part('unet', unetParameters(config.unet), originalUNetNames(config.unet)),
    autoencoder: part(
      'autoencoder',
      autoencoderParameters(autoencoder),
      originalAutoencoderNames(autoencoder),
    ),
    textEncoder: part('textEncoder', clipTextParameters(config.textEncoder), (name) => name),
  };
}

/** Returns the input channels of the U-Net in such a file: 4 for Stable Diffusion, 8 for InstructPix2Pix; undefined for other files. */
export function channelsOfSingleFile(file: Pick<TensorFile, 'tensors'>): number | undefined {
  return shapeInSingleFile(file, 'input_blocks.0.0.weight')?.[1];
}

/** Returns the shape of a weight of the U-Net, by its name in the file. */
export function shapeInSingleFile(
  { tensors }: Pick<TensorFile, 'tensors'>,
  name: string,
): readonly number[] | undefined {
  return tensors.get(PREFIXES.unet + name)?.shape;
}

/**
 * Checks that a file has the weights of all networks.
 *
 * @throws RewardEditError 'bad-input' naming tensors that are missing, unexpected, or have another shape.
 */
export function assertSingleFile(file: Pick<TensorFile, 'path' | 'tensors'>, config: SingleFileConfig): void {
  const specs = Object.values(singleFileParts(config)).flatMap((part) =>
    Object.entries(part.specs).map(([name, spec]) => [part.nameOf(name), spec] as const),
  );
  assertFits(file, Object.fromEntries(specs), { ignores: (name) => NO_WEIGHTS.test(name) });
}
