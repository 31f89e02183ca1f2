export { openPhotoSource, type PhotoSource } from './photo-source.ts';
export { PHOTO_SIZE, photoTriplet, type PhotoEditOptions } from './photo-triplet.ts';
export { writePhotoEdits, type WritePhotoEditsOptions } from './write-photo-edits.ts';
