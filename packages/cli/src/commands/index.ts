import DataScenes from './data/scenes.ts';

/** Every command, by its id. */
export const commands = {
  'data:scenes': DataScenes,
};
