export type { FollowingMeasurement } from './against-truth/following.ts';
export { measureEdit, type Measurement } from './against-truth/measure.ts';
export type { PreservingMeasurement } from './against-truth/preserving.ts';
export type { QualityFaults } from './against-truth/quality.ts';
export { changedRegion } from './edits/changed-region.ts';
export { EDIT_METRICS, editMetrics, type EditMetric, type EditMetrics } from './edits/edit-metrics.ts';
export { editOutcome, type EditOutcome } from './edits/edit-outcome.ts';
export { HIGHEST_PSNR, peakSignalToNoise, pixelDifferences, type Differences } from './pixels/differences.ts';
export { structuralSimilarity } from './pixels/structural-similarity.ts';
export { measurePreserving, type PreservingMeasure } from './preserving/measure-preserving.ts';
export {
  cosineSimilarity,
  directionalSimilarity,
  openImageEncoder,
  openTextEncoder,
  type Encoder,
  type ImageEncoderName,
} from './perceptual/features.ts';
export { openPartMasks } from './parts/part-masks.ts';
export { resizeBicubic } from './pixels/bicubic.ts';
export { openLpips, type PerceptualDistance } from './perceptual/lpips.ts';
