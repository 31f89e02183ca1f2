import type { Reward, RunState } from '@rewardedit/core';
import type { EditChoice } from './choice.ts';
import type { Version } from './session-state.ts';

/** An edit that was made. */
export type Made = {
  /** PNG files of the picture and of what was made of it, in one size. */
  readonly source: string;
  readonly result: string;
};

/** What suits a model. */
export type SuitedSliders = Pick<EditChoice, 'steps' | 'textGuidance' | 'imageGuidance' | 'rewardGuidance'>;

/** What the interactive session works with. All of it can be done by commands too. */
export type Studio = {
  /** Model folders that were found nearby. */
  readonly models: () => Promise<readonly string[]>;
  /** Where the sliders stand that every kind of model has other values for. */
  readonly suited: (model: string) => Promise<SuitedSliders>;
  /** Makes edits that differ in one slider together or one after another; each step is told of in the run's events. */
  readonly edit: (choices: readonly EditChoice[], signal: AbortSignal) => Promise<readonly Made[]>;
  /** What the judge says of an edit; a text where it gives no full reward. */
  readonly judge: (choice: EditChoice, made: Made, signal: AbortSignal) => Promise<Reward | string>;
  /** Writes the result, or all of a strip in one picture, with its settings. */
  readonly save: (version: Version, path: string) => Promise<void>;
  /** The command lines that do the same: make the edit, or all of a strip, and judge it where it was judged. */
  readonly commands: (version: Version, out: string) => readonly string[];
  /** The folder of the run whose events tell of what is being made, and its state. */
  readonly run: {
    readonly folder: string;
    readonly state: () => RunState;
    readonly subscribe: (listener: () => void) => () => void;
  };
};
