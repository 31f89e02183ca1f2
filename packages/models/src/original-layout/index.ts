export {
  channelsOfSingleFile,
  isSingleFile,
  loadSingleFile,
  singleFileParts,
  type Component,
  type SingleFileConfig,
} from './single-file.ts';
