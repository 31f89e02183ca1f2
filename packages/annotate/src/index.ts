export { annotate, type AnnotateOptions, type AnnotateSummary } from './annotate.ts';
export { type Judge, type JudgeContext, type JudgedTriplet, type Judgement } from './judge.ts';
export { judgedTriplet } from './judged-triplet.ts';
export { createOracle, measureEdit, type Measurement } from './oracle/index.ts';
export { openRewardIndex, type RewardIndex } from './reward-index.ts';
export { REWARDS_FILE, applyRewards, readAnswers, readRewards, rewardsPath, type Answer } from './rewards.ts';
