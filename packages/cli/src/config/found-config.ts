import { dirname } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { ProjectConfig } from './project-config.ts';

/** Where keys, pictures and answers go, from where they come, and what costs what. */
const TRUST: ReadonlySet<string> = new Set([
  'allow-host',
  'allow-http',
  'api-key-file',
  'base-url',
  'cache-dir',
  'data',
  'model-table',
  'queue',
]);

/** What is written, which must not be anywhere else than below the config file. */
const WRITTEN: ReadonlySet<string> = new Set(['out', 'report', 'rewards']);

/**
 * Refuses what a config file must not set that was found in a folder, since folders are cloned from anywhere, and not named by the
 * user. Throws 'bad-input' that says so, and what to do.
 */
export async function assertHarmless(path: string, sections: ProjectConfig['sections']): Promise<void> {
  for (const [command, section] of Object.entries(sections)) {
    for (const [option, value] of Object.entries(section)) {
      const problem = await problemOf(option, value, dirname(path));
      if (problem === undefined) continue;
      throw new RewardEditError(
        'bad-input',
        `a config file that was found, and not named, must not set "${option}" of "${command}"${problem}`,
        {
          where: path,
          hint: `set it on the command line or in a variable; or, where you trust this file, name it with --config ${shellWord(path)}`,
        },
      );
    }
  }
}

/** What is wrong with the value of an option, to follow its name; undefined for nothing. */
async function problemOf(option: string, value: unknown, folder: string): Promise<string | undefined> {
  if (TRUST.has(option)) return '';
  const values = [value].flat().map(String);
  // Its file says who judges, and so where pictures go.
  if (option === 'judge' && values.some((judge) => /^(ensemble|cascade|calibrated):/.test(judge)))
    return ' to a judge that is in a file';
  if (!WRITTEN.has(option)) return undefined;
  const { isBelow } = await import('@rewardedit/core');
  return values.every((each) => isBelow(each, folder)) ? undefined : ' to a place outside of its folder';
}
