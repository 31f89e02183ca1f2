import DataScenes from './data/scenes.ts';
import ExitCodes from './exit-codes.ts';
import Train from './train.ts';

/** Every command, by its id. */
export const commands = {
  'data:scenes': DataScenes,
  'exit-codes': ExitCodes,
  train: Train,
};
