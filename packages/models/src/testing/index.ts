export { writeTinyModel, type TinyModelOptions } from './tiny-model.ts';
export { UNET_TINY } from './unet-tiny.ts';
