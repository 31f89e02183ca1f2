import {
  assertFits,
  autoencoderNames,
  autoencoderParameters,
  loadWeights,
  openAutoencoder,
  type AutoencoderConfig,
  type ParameterSpecs,
  type ReadWeight,
  type TensorFile,
  type WriteWeight,
} from '@rewardedit/models';

/** The autoencoder for a new model on latents. */
export interface ChosenAutoencoder {
  readonly config: AutoencoderConfig;
  readonly specs: ParameterSpecs;
  load(write: WriteWeight): Promise<void>;
  readonly read: ReadWeight;
}

/**
 * Opens an autoencoder for a new model, in any form supported by `openAutoencoder`.
 *
 * @throws RewardEditError 'bad-input' if it is not an autoencoder, or its weights do not fit its configuration.
 */
export async function openChosenAutoencoder(path: string): Promise<ChosenAutoencoder> {
  const { config, weights } = await openAutoencoder(path);
  /** The file is reopened for each use, which may be hours later. */
  const opened = async <Result>(use: (file: TensorFile) => Promise<Result>): Promise<Result> => {
    const { weights: file } = await openAutoencoder(path);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  };
  await weights.close();
  const specs = autoencoderParameters(config);
  // Before memory is allocated for what the configuration claims.
  assertFits(weights, specs, autoencoderNames(weights));
  return {
    config,
    specs,
    load: (write) =>
      opened((file) => loadWeights(file, specs, write, autoencoderNames(file)).then(() => undefined)),
    read: (name) =>
      opened((file) => {
        const { nameInFile = (own: string) => own } = autoencoderNames(file);
        return file.float32(nameInFile(name));
      }),
  };
}
