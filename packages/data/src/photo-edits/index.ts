export { MASKED_PARTS, type MaskMaker, type MaskedPart } from './masks.ts';
export { WHERE_OBJECTS_ARE, openCutouts, type CutoutSource } from './objects/cutout-source.ts';
export { openPhotoSource, type PhotoSource } from './photo-source.ts';
export { PHOTO_SIZE, photoTriplet, type PhotoEditOptions } from './photo-triplet.ts';
export { writePhotoEdits, type WritePhotoEditsOptions } from './write-photo-edits.ts';
