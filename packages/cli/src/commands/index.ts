import Annotate from './annotate.ts';
import DataConvert from './data/convert.ts';
import DataPhotoEdits from './data/photo-edits.ts';
import DataScenes from './data/scenes.ts';
import Demo from './demo.ts';
import Doctor from './doctor.ts';
import Edit from './edit.ts';
import ExitCodes from './exit-codes.ts';
import Train from './train.ts';

/** Every command, by its id. */
export const commands = {
  annotate: Annotate,
  'data:convert': DataConvert,
  'data:photo-edits': DataPhotoEdits,
  'data:scenes': DataScenes,
  demo: Demo,
  doctor: Doctor,
  edit: Edit,
  'exit-codes': ExitCodes,
  train: Train,
};
