import Annotate from './annotate.ts';
import DataPhotoEdits from './data/photo-edits.ts';
import DataScenes from './data/scenes.ts';
import Demo from './demo.ts';
import Doctor from './doctor.ts';
import Edit from './edit.ts';
import ExitCodes from './exit-codes.ts';
import Review from './review.ts';
import Train from './train.ts';

/** Every command, by its id. */
export const commands = {
  annotate: Annotate,
  'data:photo-edits': DataPhotoEdits,
  'data:scenes': DataScenes,
  demo: Demo,
  doctor: Doctor,
  edit: Edit,
  'exit-codes': ExitCodes,
  review: Review,
  train: Train,
};
