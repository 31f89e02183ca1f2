export {
  assertSingleFile,
  channelsOfSingleFile,
  shapeInSingleFile,
  singleFileParts,
  type Component,
  type SingleFileConfig,
} from './single-file.ts';
