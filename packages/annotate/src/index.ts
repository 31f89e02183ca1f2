export { annotate, type AnnotateOptions, type AnnotateSummary } from './annotate.ts';
export {
  REWARDS_FILE,
  answerSchema,
  judgeOf,
  readAnswerLines,
  readAnswers,
  rewardsPath,
  type Answer,
} from './answers.ts';
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
} from './corrections.ts';
export { type Measure } from './judge-triplet.ts';
export { type Judge, type JudgeContext, type JudgedTriplet, type Judgement, type Measures } from './judge.ts';
export { judgedTriplet } from './judged-triplet.ts';
export { checkModel, knownModel, retirementWarning, type ModelCheck } from './check-model.ts';
export { createJudge } from './judges/create-judge.ts';
export {
  judgeChoiceSchema,
  splitJudge,
  type JudgeChoice,
  type OpenedJudge,
  type OpenedModel,
} from './judges/judge-choice.ts';
export { readEarlierAnswers, withoutChanged } from './earlier-answers.ts';
export { estimateCost, type CostEstimate } from './estimate-cost.ts';
export {
  KEY_VARIABLES,
  createAccess,
  withoutKeys,
  type Access,
  type AccessOptions,
} from './language-model/access.ts';
export { DETAILS, REASONING_EFFORTS } from './language-model/chat.ts';
export { APIS, serverUrl, type ApiName } from './language-model/connection.ts';
export { PROVIDERS, parseServerUrl, type Provider } from './language-model/origin.ts';
export { ledgerPath } from './language-model/ledger.ts';
export { type Budget, type Spending } from './language-model/spending.ts';
export { PROTOCOLS, type ProtocolName } from './protocols/index.ts';
export { createOracle } from './oracle/oracle.ts';
export { preserveMeasures } from './preserve-measures.ts';
export { openRewardIndex, type RewardIndex } from './reward-index.ts';
export { quarantinePath, quarantinedSchema, readQuarantine, type Quarantined } from './quarantine.ts';
export { applyRewards, readRewards, rewardOf } from './rewards.ts';
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
