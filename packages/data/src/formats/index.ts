export { parseColumns, type ChosenColumns } from './rows/columns.ts';
export { convert, type ConvertOptions, type ConvertSummary } from './converting/convert.ts';
export {
  FORMAT_NAMES,
  createTarget,
  explainSource,
  formatOfTarget,
  openSource,
  type FormatName,
  type OpenOptions,
} from './formats.ts';
export { REWARDS_JOURNAL } from './image-folder/image-folder-sink.ts';
export { readPictureFile } from './pictures/picture-bytes.ts';
export { createFetch, createRemoteFiles } from './pictures/remote-pictures.ts';
export { isHeldOut, onlySplit } from './rows/splits.ts';
export {
  type SourceRow,
  type SourceTriplet,
  type TripletSource,
  type UnusableRow,
} from './rows/source-triplet.ts';
export { type TripletSink } from './converting/triplet-sink.ts';
