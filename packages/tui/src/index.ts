export { openFeed, type Feed } from './runs/feed.ts';
export { findRuns, isRunFolder, type FoundRun } from './runs/find-runs.ts';
export { openWatch, type WatchOptions } from './watch/open-watch.tsx';
export { type EditChoice } from './session/choice.ts';
export { openSession, type SessionOptions } from './session/open-session.tsx';
export { type Version } from './session/session-state.ts';
export { type Made, type Studio } from './session/studio.ts';
