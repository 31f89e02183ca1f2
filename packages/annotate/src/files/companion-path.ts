import { basename, dirname, join } from 'node:path';

/**
 * Returns the path of a file that belongs to a journal of answers: for `quarantine`, it is `quarantine.jsonl` beside `rewards.jsonl`, and
 * `quarantine-other.jsonl` beside `other.jsonl`.
 */
export function companionPath(journal: string, name: string): string {
  const file = basename(journal);
  return join(
    dirname(journal),
    file.startsWith('rewards') ? file.replace('rewards', name) : `${name}-${file}`,
  );
}
