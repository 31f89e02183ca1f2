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
export {
  assertNothingUnderWay,
  openBatchJournal,
  runBatches,
  whyUnfinished,
  type BatchJournal,
  type WaitingBatch,
} from './batch/index.ts';
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
export { pairDatasets, type PairedDatasets, type Unpaired } from './answers/pair-datasets.ts';
export { pairsPath, readPairs, type PairAnswer, type Preference } from './answers/read-pairs.ts';
export { openRewardIndex, type RewardIndex } from './answers/reward-index.ts';
export { quarantinePath, quarantinedSchema, readQuarantine, type Quarantined } from './answers/quarantine.ts';
export { readRewards, rewardOf } from './answers/rewards.ts';
export { readRewrites, rectified, rewritesPath } from './answers/rewrites.ts';
export {
  annotateShard,
  formatShard,
  mergeShards,
  parseShard,
  findShardJournals,
  shardFiles,
  shardFromEnvironment,
  shardOf,
  surveyShards,
  type MergeSummary,
  type Shard,
  type ShardSurvey,
} from './shards/index.ts';
