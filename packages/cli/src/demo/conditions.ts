import type { Reward } from '@rewardedit/core';

/** The models that the demo compares. */
export type DemoModel = 'stage-1' | 'control' | 'rewards';

/** One row of the table: a model, and what it is asked for. */
export interface Condition {
  /** The folder of its run. */
  readonly name: string;
  readonly label: string;
  readonly model: DemoModel;
  readonly reward?: Reward;
  /** Strength of reward guidance. */
  readonly rewardScale: number;
}

const asked = (following: number, preserving: number, quality: number): Reward => ({
  scores: { following, preserving, quality },
  feedback: {},
});

/** The experiment: everything but what is said here is the same in all rows. */
export const CONDITIONS: readonly Condition[] = [
  { name: 'stage-1', label: 'stage 1 (the starter model, 32 pixels)', model: 'stage-1', rewardScale: 0 },
  { name: 'control', label: 'control: stage 2 without rewards', model: 'control', rewardScale: 0 },
  rewards('rewards-5-5-5', 'rewards, asked for 5,5,5', asked(5, 5, 5)),
  rewards('rewards-1-1-1', 'rewards, asked for 1,1,1', asked(1, 1, 1)),
  rewards('following-1', 'rewards, asked for 1,5,5', asked(1, 5, 5)),
  rewards('preserving-1', 'rewards, asked for 5,1,5', asked(5, 1, 5)),
  rewards('quality-1', 'rewards, asked for 5,5,1', asked(5, 5, 1)),
  rewards('rewards-guided', 'rewards, 5,5,5, guided (0.5)', asked(5, 5, 5), 0.5),
];

/** What the others are compared with. */
export const CONTROL = 'control';
/** What is compared with the control. */
export const COMPARED = ['stage-1', 'rewards-5-5-5', 'rewards-1-1-1', 'rewards-guided'];

function rewards(name: string, label: string, reward: Reward, rewardScale = 0): Condition {
  return { name, label, model: 'rewards', reward, rewardScale };
}
