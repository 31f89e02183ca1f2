export { annotateShard, type AnnotateShardOptions } from './annotate-shard.ts';
export { type Completion } from './completion-manifest.ts';
export { mergeShards, type MergeSummary } from './merge-shards.ts';
export { findShardJournals, shardFiles, type ShardFiles } from './shard-files.ts';
export { formatShard, parseShard, shardFromEnvironment, shardOf, type Shard } from './shard.ts';
export { surveyShards, type ShardSurvey } from './survey-shards.ts';
