import { dirname } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { ProjectConfig } from './project-config.ts';

/** Options that decide where API keys, pictures and answers go or come from, and what things cost. */
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

/** Options for output, which must stay below the folder of the config file. */
const WRITTEN: ReadonlySet<string> = new Set(['out', 'report', 'rewards']);

/**
 * Checks a config file that was found rather than given with --config, and may have come with a cloned folder. Throws 'bad-input' for
 * an option that such a file must not set.
 */
export async function assertHarmless(path: string, sections: ProjectConfig['sections']): Promise<void> {
  for (const [command, section] of Object.entries(sections)) {
    for (const [option, value] of Object.entries(section)) {
      const problem = await problemOf(option, value, dirname(path));
      if (problem === undefined) continue;
      throw new RewardEditError(
        'bad-input',
        `a config file that was found automatically must not set "${option}" of "${command}"${problem}`,
        {
          where: path,
          hint: `set the option on the command line or in a variable; or, if you trust this file, pass --config ${shellWord(path)}`,
        },
      );
    }
  }
}

/** What is wrong with the value of an option, as the end of a sentence; undefined if nothing is. */
async function problemOf(option: string, value: unknown, folder: string): Promise<string | undefined> {
  if (TRUST.has(option)) return '';
  const values = [value].flat().map(String);
  // That file decides which judge is called, and so where pictures go.
  if (option === 'judge' && values.some((judge) => /^(ensemble|cascade|calibrated):/.test(judge)))
    return ' to a judge defined in a file';
  if (!WRITTEN.has(option)) return undefined;
  const { isBelow } = await import('@rewardedit/core');
  return values.every((each) => isBelow(each, folder)) ? undefined : ' to a path outside its folder';
}
