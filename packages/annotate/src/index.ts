export { annotate, type AnnotateOptions, type AnnotateSummary } from './annotate.ts';
export { REWARDS_FILE, answerSchema, readAnswers, rewardsPath, type Answer } from './answers.ts';
export {
  CORRECTIONS_FILE,
  HUMAN,
  correctReward,
  correctionSchema,
  correctionsPath,
  readCorrections,
  type Correction,
} from './corrections.ts';
export { type Measure } from './judge-triplet.ts';
export { type Judge, type JudgeContext, type JudgedTriplet, type Judgement, type Measures } from './judge.ts';
export { judgedTriplet } from './judged-triplet.ts';
export { createOracle, measureEdit, type Measurement } from './oracle/index.ts';
export { quarantinePath, readQuarantine, type Quarantined } from './quarantine.ts';
export { applyRewards, readRewards } from './rewards.ts';
export { settleJournal } from './settle-journal.ts';
export {
  annotateShard,
  formatShard,
  mergeShards,
  parseShard,
  shardFiles,
  shardFromEnvironment,
  shardOf,
  surveyShards,
  type AnnotateShardOptions,
  type Completion,
  type MergeSummary,
  type Shard,
  type ShardFiles,
  type ShardSurvey,
} from './shards/index.ts';
