export {
  AUTOENCODER_CLASSES,
  autoencoderNames,
  createAutoencoder,
  openAutoencoder,
  parseAutoencoderConfig,
  type Autoencoder,
  type AutoencoderConfig,
  type OpenedAutoencoder,
} from './autoencoder/index.ts';
export { trainTokenizer } from './train-tokenizer.ts';
export { parseClipTextConfig, type ClipTextConfig } from './clip-text-config.ts';
export { coordinateChannels } from './coordinates.ts';
export { clipText, pooledPositions, pooledText } from './clip-text.ts';
export { adaptedByLora, isLoraParameter, loraParameters, mergedWithLora, type LoraSettings } from './lora.ts';
export { LORA_FILE, openLoras, writeLora, type LoraChoice, type OpenLoras } from './lora-file.ts';
export {
  openModelFolder,
  type OpenedModel,
  type PixelSpace,
  type SchedulerSettings,
} from './model-folder.ts';
export { openModel } from './open-model.ts';
export { writeModelFolder, type ModelToWrite, type ReadWeight } from './write-model-folder.ts';
export { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
export {
  createNetwork,
  type NetworkTypes,
  initialParameters,
  parameterCount,
  type Initialization,
  type Network,
  type ParameterSpec,
  type ParameterSpecs,
  type Scope,
} from './parameters.ts';
export {
  isRewardParameter,
  rewardSinusoids,
  rewardSinusoidWidth,
  type RewardInputs,
} from './reward-conditioning.ts';
export {
  feedbackCount,
  feedbackWidth,
  rewardConfigOf,
  rewardConfigSchema,
  type RewardConfig,
} from './reward-config.ts';
export { convertSmartEdit } from './convert-smartedit.ts';
export * from './smartedit/index.ts';
export { writeSafetensors, type TensorToWrite } from './safetensors-writer.ts';
export type { SafetensorsDType, SafetensorsHeader, TensorEntry } from './safetensors-header.ts';
export { openSafetensors } from './safetensors.ts';
export type { TensorFile } from './tensor-file.ts';
export { timestepSinusoids } from './timestep-embedding.ts';
export { openTokenizer, writeTokenizer } from './tokenizer-files.ts';
export { createTokenizer, type Tokenizer, type TokenizerFiles } from './tokenizer.ts';
export { parseUNetConfig, textWidth, type UNetConfig } from './unet-config.ts';
export { unetInputs, type UNetInputs } from './unet-inputs.ts';
export { unet } from './unet.ts';
export { assertFits, loadWeights, type WeightOptions, type WriteWeight } from './weights.ts';
export { rewriteModel, writeSingleFile } from './convert-model.ts';
export { inspectModel, type InspectedComponent, type InspectedModel } from './inspect-model.ts';
export {
  clipTextNames,
  loadPart,
  openWeights,
  partsOf,
  type ModelPart,
  type OpenWeights,
} from './model-weights.ts';
