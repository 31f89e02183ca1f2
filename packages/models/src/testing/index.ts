export { writeTinyModel, type TinyModelOptions } from './tiny-model.ts';
