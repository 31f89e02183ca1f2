export { type DatasetIndex, type JsonLinesIndex, indexJsonLines } from './dataset-index.ts';
export { type DatasetFile, type DatasetSettings, readDatasetFile } from './dataset-settings.ts';
export { staysTrueWhenFlipped } from './flipping.ts';
export { insideFolder } from './inside-folder.ts';
export { type MadeTriplet } from './made-triplet.ts';
export { type MetadataRow, fromMetadataRow, toMetadataRow } from './metadata-row.ts';
export { METADATA_FILE, type Dataset, openDataset } from './open-dataset.ts';
export { type WriteDatasetOptions, type WriteOptions, writeDataset } from './write-dataset.ts';
