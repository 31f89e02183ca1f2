export {
  CANARY_ANSWERS,
  runCanaries,
  type Answered,
  type CanaryName,
  type CanaryOptions,
  type CanaryReport,
  type CanaryResult,
  type Outcome,
  type Trial,
} from './canaries/index.ts';
export type {
  AgreementReport,
  ComparisonAgreement,
  GroupAgreement,
  PerspectiveAgreement,
} from './agreement/agreement-report.ts';
export {
  countResamples,
  measureAgreement,
  type MeasureAgreementOptions,
} from './agreement/measure-agreement.ts';
export type { CorrelationDifference, JudgeDifference } from './agreement/measure-differences.ts';
export type { RaterAgreement } from './agreement/measure-raters.ts';
export type {
  Comparison,
  Cost,
  Items,
  JudgeCost,
  Ratings,
  ReadRatingsOptions,
  Rater,
} from './agreement/ratings.ts';
export { readRatings } from './agreement/read-ratings.ts';
export {
  LEAST_TASKS,
  calibrate,
  countCalibrationResamples,
  type CalibrateOptions,
  type Calibration,
  type CalibrationFigure,
  type PerspectiveCalibration,
  type ScoreAgreement,
} from './calibration/calibrate.ts';
export { bootstrapInterval, quantile, type BootstrapOptions, type Interval } from './statistics/bootstrap.ts';
export { fisherMean, type FisherMean } from './statistics/fisher-mean.ts';
export { kendall } from './statistics/kendall.ts';
export { krippendorffAlpha, type AlphaMetric } from './statistics/krippendorff-alpha.ts';
export { countPairs, type PairCounts } from './statistics/pair-counts.ts';
export { pairwiseAccuracy, type PairwiseAccuracy } from './statistics/pairwise-accuracy.ts';
export { spearman } from './statistics/spearman.ts';
export { toCategories, weightedKappa, type KappaWeights } from './statistics/weighted-kappa.ts';
export type { Benchmark, BenchmarkItem, Captions, UnusableItem } from './benchmarks/benchmark.ts';
export { openBenchmark } from './benchmarks/open-benchmark.ts';
export type { Candidate, EditOfItem, EditTask } from './edits/candidate.ts';
export { collectEdits, type CollectedEdits } from './edits/collect-edits.ts';
export { readMissingEdits, type MissingEdit } from './edits/missing-edits.ts';
export { folderCandidate } from './edits/folder-candidate.ts';
export { modelCandidate, type ModelCandidateOptions } from './edits/model-candidate.ts';
export { measureEdits } from './measures/measure-edits.ts';
export {
  openPerceptualMetrics,
  type NetworkFiles,
  type PerceptualMetric,
} from './measures/perceptual-metrics.ts';
export { measurePairs, type PairComparison, type Share } from './pairs/measure-pairs.ts';
export { COLUMNS, type Column } from './results/columns.ts';
export {
  compareRuns,
  type ColumnDifference,
  type ComparedRun,
  type RunComparison,
} from './results/compare.ts';
export { readRunItems, type RunItem, type ShownItem } from './results/read-run.ts';
export { summarize, summarizeGroup, type ColumnSummary, type GroupSummary } from './results/summarize.ts';
export { clusteredMean, type MeanInterval } from './statistics/clustered-mean.ts';
export { holm } from './statistics/holm.ts';
export { pairedDifference, type PairedDifference } from './statistics/paired-difference.ts';
export { differencesCsv, itemsCsv } from './render/csv.ts';
export { comparisonJunit, isWorse, itemsJunit } from './render/junit.ts';
export { formatMean } from './render/format-number.ts';
export { escapeMarkdown, markdownTable } from './render/markdown.ts';
export {
  comparisonTable,
  judgesTable,
  kindTable,
  pairTable,
  positionBiasTable,
  summaryTable,
  type Table,
} from './render/tables.ts';
export {
  configDifferences,
  distinctNames,
  openEvalRun,
  type ConfigDifference,
  type EvalRun,
} from './results/open-run.ts';
