export { knownReward, type Fault } from './fault.ts';
export { FAULT_RATE } from './fault-plan.ts';
export { blockSide, blurRadius, pixelUnit } from './quality-fault.ts';
