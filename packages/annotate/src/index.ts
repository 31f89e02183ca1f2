export { annotate, type AnnotateOptions, type AnnotateSummary } from './run/annotate.ts';
export {
  REWARDS_FILE,
  answerSchema,
  judgeOf,
  readAnswerLines,
  readAnswers,
  rewardsPath,
  type Answer,
} from './answers/answers.ts';
export { openBatchJournal } from './batch/batch-journal.ts';
export { runBatches, whyUnfinished, type WaitingBatch } from './batch/run-batches.ts';
export { assertNothingUnderWay } from './batch/under-way.ts';
export {
  HUMAN,
  correctReward,
  correctionsPath,
  readCorrections,
  type Correction,
} from './answers/corrections.ts';
export { type Measure } from './run/judge-triplet.ts';
export {
  type Judge,
  type JudgeContext,
  type JudgedTriplet,
  type Judgement,
  type Measures,
} from './judges/judge.ts';
export { judgedTriplet } from './run/judged-triplet.ts';
export {
  MODEL_TABLE_DATE,
  knownModels,
  readModelTable,
  type KnownModel,
} from './language-model/models/known-models.ts';
export { applyMap, type CalibrationFile, type MonotoneMap } from './judges/calibrated.ts';
export { checkModel, knownModel, retirementWarning, type ModelCheck } from './run/check-model.ts';
export { createJudge } from './judges/create-judge.ts';
export {
  judgeChoiceSchema,
  splitJudge,
  type JudgeChoice,
  type OpenedJudge,
  type OpenedModel,
} from './judges/judge-choice.ts';
export { readEarlierAnswers, withoutChanged, type JournalAdvice } from './answers/earlier-answers.ts';
export { estimateCost, type CostEstimate } from './run/estimate-cost.ts';
export {
  createAccess,
  withoutKeys,
  type Access,
  type AccessOptions,
} from './language-model/access/access.ts';
export { DETAILS, REASONING_EFFORTS } from './language-model/api/chat.ts';
export { APIS, serverUrl } from './language-model/api/connection.ts';
export { PROVIDERS, parseServerUrl, type Provider } from './language-model/access/origin.ts';
export { ledgerPath } from './language-model/spending/ledger.ts';
export { type Amount } from './language-model/spending/amount.ts';
export { describeBudget, isLimited, type Budget, type Spending } from './language-model/spending/spending.ts';
export { PROTOCOL_NAMES, isProtocolName } from './protocols/index.ts';
export { createOracle } from './oracle/oracle.ts';
export { preserveMeasures } from './run/preserve-measures.ts';
export { pairDatasets, type PairedDatasets } from './answers/pair-datasets.ts';
export { pairsPath, readPairs, type PairAnswer } from './answers/read-pairs.ts';
export { openRewardIndex } from './answers/reward-index.ts';
export { quarantinePath, quarantinedSchema, readQuarantine, type Quarantined } from './answers/quarantine.ts';
export { readRewards, rewardOf } from './answers/rewards.ts';
export { readRewrites, rectified, rewritesPath } from './answers/rewrites.ts';
export { annotateShard } from './shards/annotate-shard.ts';
export { mergeShards, type MergeSummary } from './shards/merge-shards.ts';
export { findShardJournals, shardFiles } from './shards/shard-files.ts';
export { formatShard, parseShard, shardFromEnvironment, shardOf, type Shard } from './shards/shard.ts';
export { surveyShards, type ShardSurvey } from './shards/survey-shards.ts';
