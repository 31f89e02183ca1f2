export { parseColumns, type ChosenColumns } from './columns.ts';
export { convert, type ConvertOptions, type ConvertSummary } from './convert.ts';
export {
  FORMAT_NAMES,
  createTarget,
  explainSource,
  formatOfTarget,
  openSource,
  type FormatName,
  type OpenOptions,
} from './formats.ts';
export { REWARDS_JOURNAL } from './image-folder-sink.ts';
export { readPictureFile } from './picture-bytes.ts';
export { createFetch } from './remote-pictures.ts';
export { isHeldOut, onlySplit } from './splits.ts';
export {
  type SourceRow,
  type SourceTriplet,
  type TripletSource,
  type UnusableRow,
} from './source-triplet.ts';
export { type TripletSink } from './triplet-sink.ts';
