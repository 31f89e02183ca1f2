import Annotate from './annotate.ts';
import DataMerge from './data/merge.ts';
import DataPhotoEdits from './data/photo-edits.ts';
import DataScenes from './data/scenes.ts';
import Demo from './demo.ts';
import Doctor from './doctor.ts';
import Edit from './edit.ts';
import ExitCodes from './exit-codes.ts';
import Train from './train.ts';
import Worker from './worker.ts';

/** Every command, by its id. */
export const commands = {
  annotate: Annotate,
  'data:merge': DataMerge,
  'data:photo-edits': DataPhotoEdits,
  'data:scenes': DataScenes,
  demo: Demo,
  doctor: Doctor,
  edit: Edit,
  'exit-codes': ExitCodes,
  train: Train,
  worker: Worker,
};
