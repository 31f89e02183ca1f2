import { basename, dirname, join, resolve } from 'node:path';

/** File of events in a run folder. */
export const EVENTS_FILE = 'events.jsonl';
/** Folder of previews in a run folder. */
export const PREVIEWS_FOLDER = 'previews';

/** Folder of the run folders of commands whose result is not itself a run folder. */
export const RUNS_FOLDER = '.rewardedit';

/**
 * Returns the run folder of a command whose result `target` is a file or a folder that is not itself a run folder. It is in a hidden folder next to
 * the target, so that it is not part of the result. For `annotate` and `data/scenes/rewards.jsonl` it is
 * `data/scenes/.rewardedit/annotate-rewards.jsonl`.
 */
export function runFolderBeside(target: string, command: string): string {
  const path = resolve(target);
  return join(dirname(path), RUNS_FOLDER, `${command.replaceAll(' ', '-')}-${basename(path)}`);
}
