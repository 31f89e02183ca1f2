export { trainConfigSchema, trainSettingsSchema, type TrainConfig, type TrainSettings } from './config.ts';
export { visitAskedStates } from './dataset-states.ts';
export { COMMON_DEFAULTS, MODEL_DEFAULTS } from './defaults.ts';
export { resolveTrainConfig } from './resolve-config.ts';
export { train, type TrainOptions, type TrainResult } from './train.ts';
export { TRAINED_PARTS } from './trainable.ts';
