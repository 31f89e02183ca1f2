import { RewardEditError } from '@rewardedit/core';

/** What a judge throws where no other triplet would fare better: it ends the run, whatever its code. */
export class RunEndingError extends RewardEditError {}
