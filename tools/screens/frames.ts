import { basename, join } from 'node:path';
import { INITIAL_STATE, readEvents, reduceRun, type RunState } from '@rewardedit/core';
import type { PaneName } from '@rewardedit/tui';

export type FrameSize = { readonly columns: number; readonly rows: number };

/** Returns the states of a run after each of its events. */
export async function statesOf(folder: string): Promise<RunState[]> {
  const states: RunState[] = [];
  let state = INITIAL_STATE;
  for await (const group of readEvents(join(folder, 'events.jsonl')))
    for (const event of group) states.push((state = reduceRun(state, event)));
  if (states.length === 0) throw new Error(`no events in ${folder}`);
  return states;
}

/** Renders a state of a run: all panes with content, or a single pane. */
export async function frameOf(
  folder: string,
  state: RunState,
  pane: PaneName | undefined,
  size: FrameSize,
): Promise<string> {
  const { renderFrame } = await import('@rewardedit/tui');
  const runs = [{ folder, title: basename(folder), state }];
  return renderFrame({ ...size, runs, now: state.lastAt ?? 0, pane });
}
