import { basename, dirname, join, resolve } from 'node:path';

/** The stream of events in a run folder. */
export const EVENTS_FILE = 'events.jsonl';
/** The folder of small pictures beside them. */
export const PREVIEWS_FOLDER = 'previews';

/** The folder that holds the run folders of commands whose result is not a run folder itself. */
export const RUNS_FOLDER = '.rewardedit';

/**
 * The run folder of a command that makes `target`, a file or a folder that is not itself a run folder: in a hidden folder beside it,
 * so that it is no part of what is made. For `annotate` and `data/scenes/rewards.jsonl` it is
 * `data/scenes/.rewardedit/annotate-rewards.jsonl`.
 */
export function runFolderBeside(target: string, command: string): string {
  const path = resolve(target);
  return join(dirname(path), RUNS_FOLDER, `${command.replaceAll(' ', '-')}-${basename(path)}`);
}
