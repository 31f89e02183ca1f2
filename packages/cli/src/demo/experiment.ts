import type { Reward } from '@rewardedit/core';
import type { RunItem } from '@rewardedit/eval';
import type { TrainSettings } from '@rewardedit/train';
import type { DemoSize } from './demo-size.ts';

/** A model that the demo trains. */
export interface TrainedDemoModel {
  /** Its run's folder. */
  readonly name: string;
  /** What it is called while it is trained. */
  readonly phase: string;
  /** The one that it starts from: a name from above it in the list, or the starter model. */
  readonly from?: string;
  /** All else is as for every model of the demo. */
  readonly settings: (size: DemoSize) => TrainSettings;
}

/** One row of the table: a model, and what it is asked for. */
export interface Condition {
  /** The folder of its run. */
  readonly name: string;
  readonly label: string;
  /** Name of a trained model; the starter model where it is not given. */
  readonly model?: string;
  readonly reward?: Reward;
  /** Strength of reward guidance. */
  readonly rewardScale: number;
}

/** What is compared, item by item. */
export interface DemoComparison {
  readonly base: string;
  readonly others: readonly string[];
}

/** A column of the table: a column of the runs, over some of the items. */
export interface ShownColumn {
  readonly title: string;
  readonly column: string;
  readonly of: (item: RunItem) => boolean;
}

/** A control experiment: everything but what is said here is the same in all its rows. */
export interface Experiment {
  /** The folder, where none is named. */
  readonly folder: string;
  readonly sizes: { readonly full: DemoSize; readonly quick: DemoSize };
  /** Whether the scenes have instructions that have to be read together with the picture. */
  readonly reasoning: boolean;
  readonly models: readonly TrainedDemoModel[];
  readonly conditions: readonly Condition[];
  readonly comparisons: readonly [DemoComparison, ...DemoComparison[]];
  readonly shown: readonly ShownColumn[];
  /** What was measured on, in words. */
  readonly measuredOn: string;
}

/** The scores that a condition asks for. */
export function asked(following: number, preserving: number, quality: number): Reward {
  return { scores: { following, preserving, quality }, feedback: {} };
}
