export { trainConfigSchema, type TrainConfig } from './config.ts';
export { train, type TrainOptions, type TrainResult } from './train.ts';
