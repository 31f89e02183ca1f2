import type { Reward } from '@rewardedit/core';
import type { RunItem } from '@rewardedit/eval';
import type { TrainSettings } from '@rewardedit/train';
import type { DemoSize } from './demo-size.ts';

/** A model that the demo trains. */
export interface TrainedDemoModel {
  /** Name of its run folder. */
  readonly name: string;
  /** Name of its training phase. */
  readonly phase: string;
  /** The model to start from: an earlier one in the list; by default the starter model. */
  readonly from?: string;
  /** Settings that override those of all models of the demo. */
  readonly settings: (size: DemoSize) => TrainSettings;
}

/** One row of the table: a model, and the reward to ask for. */
export interface Condition {
  /** Name of its run folder. */
  readonly name: string;
  readonly label: string;
  /** Name of a trained model; by default the starter model. */
  readonly model?: string;
  readonly reward?: Reward;
  /** Reward guidance scale. */
  readonly rewardScale: number;
}

/** Conditions to compare, item by item. */
export interface DemoComparison {
  readonly base: string;
  readonly others: readonly string[];
}

/** A column of the table: a column of the runs, restricted to some items. */
export interface ShownColumn {
  readonly title: string;
  readonly column: string;
  readonly of: (item: RunItem) => boolean;
}

/** A control experiment: its conditions differ only in what is defined here. */
export interface Experiment {
  /** Default output folder. */
  readonly folder: string;
  readonly sizes: { readonly full: DemoSize; readonly quick: DemoSize };
  /** Whether the scenes have instructions that only make sense with the picture. */
  readonly reasoning: boolean;
  readonly models: readonly TrainedDemoModel[];
  readonly conditions: readonly Condition[];
  readonly comparisons: readonly [DemoComparison, ...DemoComparison[]];
  readonly shown: readonly ShownColumn[];
  /** The evaluation data, in words. */
  readonly measuredOn: string;
}

/** The scores that a condition asks for. */
export function asked(following: number, preserving: number, quality: number): Reward {
  return { scores: { following, preserving, quality }, feedback: {} };
}
