import type { Emit, RunRequests, SavePreview } from '@rewardedit/core';
import type { EditHooks } from '@rewardedit/diffusion';
import type { JudgeDatasetOptions, JudgingCommand } from '../judging/judge-dataset.ts';
import type { MakeOptions } from './make-edits.ts';

/** The command whose user is told of the edits. */
export type EditingCommand = JudgingCommand & {
  /** Says a result on stdout. */
  readonly log: (message: string) => void;
};

/** How edits are made, and by whom they are judged where the best is kept. */
export type EditOptions = {
  readonly make: MakeOptions;
  readonly judging: JudgeDatasetOptions;
};

/** Edits as a part of long work. */
export function hooksOf(
  emit: Emit,
  signal: AbortSignal,
  { whilePaused }: RunRequests,
  savePreview: SavePreview,
): EditHooks {
  return { emit, savePreview, signal, whilePaused };
}
