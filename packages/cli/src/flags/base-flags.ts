import { Flags } from '@oclif/core';
import { inGroup } from './flags.ts';

/** The options of every command. */
export const baseFlags = inGroup('global', {
  json: Flags.boolean({ summary: 'Print the result as a single JSON document.' }),
  config: Flags.string({
    summary: 'Config file to use instead of the nearest rewardedit.config.json.',
    char: 'c',
    helpValue: 'FILE',
    env: 'REWARDEDIT_CONFIG',
  }),
  'print-config': Flags.boolean({ summary: 'Print every option with its value and source, then exit.' }),
  quiet: Flags.boolean({
    summary: 'Print only results, warnings and errors: no progress and no suggested next command.',
    char: 'q',
    env: 'REWARDEDIT_QUIET',
  }),
  'no-input': Flags.boolean({
    summary: 'Never prompt, not even on a terminal.',
    env: 'REWARDEDIT_NO_INPUT',
  }),
  debug: Flags.boolean({ summary: 'Print the stack trace of an error.', env: 'REWARDEDIT_DEBUG' }),
});
