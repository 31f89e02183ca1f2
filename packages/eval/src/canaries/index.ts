export { type CanaryName } from './canary.ts';
export {
  CANARY_ANSWERS,
  runCanaries,
  type Answered,
  type CanaryOptions,
  type CanaryReport,
  type CanaryResult,
  type Trial,
} from './run-canaries.ts';
export { type Outcome } from './verdict.ts';
