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

/** The autoencoder on whose latents a new model is to work. */
export interface ChosenAutoencoder {
  readonly config: AutoencoderConfig;
  readonly specs: ParameterSpecs;
  load(write: WriteWeight): Promise<void>;
  readonly read: ReadWeight;
}

/**
 * Opens an autoencoder that is not part of a model yet, in any form that `openAutoencoder` knows.
 *
 * @throws RewardEditError 'bad-input' where it is none, or its weights do not fit its configuration.
 */
export async function openChosenAutoencoder(path: string): Promise<ChosenAutoencoder> {
  const { config, weights } = await openAutoencoder(path);
  /** Weights are opened anew each time: a training may use them hours later. */
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
  // Before room is made for what a configuration claims.
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
