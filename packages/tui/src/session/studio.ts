import type { Reward, RunState } from '@rewardedit/core';
import type { EditChoice } from './choice.ts';
import type { Version } from './session-state.ts';

/** A finished edit. */
export type Made = {
  /** PNG files of the picture and of the result, in one size. */
  readonly source: string;
  readonly result: string;
};

/** The defaults of a model. */
export type SuitedSliders = Pick<EditChoice, 'steps' | 'textGuidance' | 'imageGuidance' | 'rewardGuidance'>;

/** The actions of the interactive session, all of which exist as commands too. */
export type Studio = {
  /** Model folders found nearby. */
  readonly models: () => Promise<readonly string[]>;
  /** The sliders whose defaults depend on the model. */
  readonly suited: (model: string) => Promise<SuitedSliders>;
  /** Makes edits that differ in one slider, together or one after another, and reports each step in the run's events. */
  readonly edit: (choices: readonly EditChoice[], signal: AbortSignal) => Promise<readonly Made[]>;
  /** Has the judge score an edit; resolves to a text if there is no full reward. */
  readonly judge: (choice: EditChoice, made: Made, signal: AbortSignal) => Promise<Reward | string>;
  /** Writes the result, or a whole strip as one picture, with its settings. */
  readonly save: (version: Version, path: string) => Promise<void>;
  /** The equivalent command lines: for the edit, or the whole strip, and for its verdict if there is one. */
  readonly commands: (version: Version, out: string) => readonly string[];
  /** The run whose events report the edit in progress: its folder and its state. */
  readonly run: {
    readonly folder: string;
    readonly state: () => RunState;
    readonly subscribe: (listener: () => void) => () => void;
  };
};
