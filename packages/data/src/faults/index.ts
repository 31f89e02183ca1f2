export { knownReward, type Fault } from './fault.ts';
export { FAULT_RATE } from './fault-plan.ts';
