export type { FollowingMeasurement } from './against-truth/following.ts';
export { measureEdit, type Measurement } from './against-truth/measure.ts';
export type { PreservingMeasurement } from './against-truth/preserving.ts';
export type { QualityFaults } from './against-truth/quality.ts';
export { editOutcome, type EditOutcome } from './edit-outcome.ts';
export { HIGHEST_PSNR, peakSignalToNoise } from './pixels/signal-to-noise.ts';
export { structuralSimilarity } from './pixels/structural-similarity.ts';
export { measurePreserving, type PreservingMeasure } from './preserving/measure-preserving.ts';
