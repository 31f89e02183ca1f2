export { writeFileAtomic, writeFolderAtomic } from './atomic-file.ts';
export { EXIT_CODES, RewardEditError, type ErrorCode, type ErrorDetails } from './errors.ts';
export { type Emit, type EventBody, type RunEnding, type RunEvent } from './events/event-schema.ts';
export { EVENTS_FILE, PREVIEWS_FOLDER, RUNS_FOLDER, runFolderBeside } from './events/file-names.ts';
export { followEvents, readEvents, type FollowOptions } from './events/follow-events.ts';
export { type SavePreview } from './events/previews.ts';
export { readEvent, writeEvent } from './events/read-event.ts';
export { startRun, type Run, type RunOptions } from './events/start-run.ts';
export { assertUnlocked, lockFile, type LockOptions } from './file-lock.ts';
export { isBelow } from './is-below.ts';
export { openJournal, openJournalWhenUsed, type Journal, type JournalOptions } from './journal.ts';
export { findFolders } from './find-folders.ts';
export { findJsonFile, readJsonFile, type JsonFileName } from './json-file.ts';
export { readJsonLines, type JsonLine, type ReadJsonLinesOptions } from './json-lines.ts';
export { indexLines, type LineIndex } from './line-index.ts';
export { makeFolder } from './make-folder.ts';
export { mapAhead } from './map-ahead.ts';
export {
  fingerprintOf,
  fingerprinting,
  verifyManifest,
  writeFingerprinted,
  writeManifest,
  type FileFingerprint,
  type Manifest,
} from './manifest.ts';
export { TELLING_BYTES, otherContents, refuseOtherContents } from './other-contents.ts';
export { parseJson, parseJsonBytes, parseLooseJsonBytes } from './parse-json.ts';
export { PERSPECTIVES, PERSPECTIVE_TITLES, type Perspective } from './perspectives.ts';
export { fateOf, processIdentitySchema, thisProcess, type ProcessIdentity } from './process-identity.ts';
export { createRandom, type Random } from './random.ts';
export { NO_REQUESTS, type RunRequests } from './requests/run-requests.ts';
export { type Request, type RequestName } from './requests/request.ts';
export { sendRequest } from './requests/send-request.ts';
export {
  HIGHEST_SCORE,
  NOTHING_FAILED,
  highestReward,
  lowestReward,
  rewardSchema,
  type JudgeProvenance,
  type Reward,
} from './reward.ts';
export { rateOf, type Pace } from './run-state/pace.ts';
export { describeEvent } from './run-state/describe-event.ts';
export { reduceRun } from './run-state/reduce.ts';
export {
  INITIAL_STATE,
  livenessOf,
  openPhase,
  type LogEntry,
  type MetricState,
  type PhaseState,
  type RunState,
} from './run-state/run-state.ts';
export { type Series } from './run-state/series.ts';
export { claimRunFolder, openRunFolder, type RunFolder, type RunFolderOptions } from './run-folder.ts';
export { scoreEmbedding, sinusoidFrequencies, type ScoreEmbeddingOptions } from './score-embedding.ts';
export { collectGarbage, keepHeapSmall } from './small-heap.ts';
export { syncFolder, syncTree } from './sync.ts';
export { fromSystemError, isMissing } from './system-errors.ts';
export {
  EDIT_KINDS,
  rewritesSchema,
  tripletSchema,
  type EditKind,
  type Rewrites,
  type Triplet,
} from './triplet.ts';
export { tryParseJson } from './try-parse-json.ts';
export { whileFast } from './while-fast.ts';
