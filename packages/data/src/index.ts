export * from './curation/index.ts';
export * from './dataset/index.ts';
export * from './faults/index.ts';
export * from './formats/index.ts';
export * from './hashes/index.ts';
export * from './photo-edits/index.ts';
export * from './pictures/index.ts';
export * from './scenes/index.ts';
