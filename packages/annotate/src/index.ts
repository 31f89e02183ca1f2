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
  CORRECTIONS_FILE,
  HUMAN,
  correctReward,
  correctionSchema,
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
export { applyMap, calibrationSchema, type CalibrationFile, type MonotoneMap } from './judges/calibrated.ts';
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
  KEY_VARIABLES,
  createAccess,
  withoutKeys,
  type Access,
  type AccessOptions,
} from './language-model/access/access.ts';
export { DETAILS, REASONING_EFFORTS } from './language-model/api/chat.ts';
export { APIS, serverUrl, type ApiName } from './language-model/api/connection.ts';
export { PROVIDERS, parseServerUrl, type Provider } from './language-model/access/origin.ts';
export { ledgerPath } from './language-model/spending/ledger.ts';
export { type Amount } from './language-model/spending/amount.ts';
export { describeBudget, isLimited, type Budget, type Spending } from './language-model/spending/spending.ts';
export { PROTOCOL_NAMES, isProtocolName, type ProtocolName } from './protocols/index.ts';
export { createOracle } from './oracle/oracle.ts';
export { preserveMeasures } from './run/preserve-measures.ts';
export { pairDatasets, type PairedDatasets, type Unpaired } from './answers/pair-datasets.ts';
export { pairsPath, readPairs, type PairAnswer, type Preference } from './answers/read-pairs.ts';
export { openRewardIndex, type RewardIndex } from './answers/reward-index.ts';
export { quarantinePath, quarantinedSchema, readQuarantine, type Quarantined } from './answers/quarantine.ts';
export { applyRewards, readRewards, rewardOf } from './answers/rewards.ts';
export { REWRITES_FILE, readRewrites, rectified, rewritesPath } from './answers/rewrites.ts';
export { MOST_WRONG, type RewriteChoice } from './protocols/rewrites.ts';
export { settleJournal } from './answers/settle-journal.ts';
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
  type AnnotateShardOptions,
  type Completion,
  type MergeSummary,
  type Shard,
  type ShardFiles,
  type ShardSurvey,
} from './shards/index.ts';
