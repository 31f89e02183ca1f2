export {
  collectExamples,
  type CollectedExamples,
  type DuplicateSummary,
  type ShownTriplet,
} from './collect-examples.ts';
export { type Deduplication } from './duplicates.ts';
export { parseExpression, type Expression } from './expression.ts';
export { filterDataset, type FilterOptions, type FilterSummary } from './filter.ts';
export { inspectSource, type Counted, type Inspection } from './inspect-source.ts';
export { joinDatasets } from './join-datasets.ts';
export {
  HISTOGRAM_STEP,
  rewardStatistics,
  summarizeScores,
  type RewardStatistics,
  type ScoreSummary,
} from './reward-statistics.ts';
export { SPLIT_PARTS, splitDataset, type SplitOptions, type SplitPart, type SplitSummary } from './split.ts';
export { viewPath } from './write-view.ts';
