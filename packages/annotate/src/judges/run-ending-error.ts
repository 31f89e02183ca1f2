import { RewardEditError } from '@rewardedit/core';

/** Thrown by a judge if no other triplet would succeed: ends the run, whatever its code. */
export class RunEndingError extends RewardEditError {}
