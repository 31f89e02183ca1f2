import { Flags } from '@oclif/core';

const GLOBAL = 'global';

/** The options that all commands have. */
export const baseFlags = {
  json: Flags.boolean({ summary: 'Print the result as one JSON document.', helpGroup: GLOBAL }),
  config: Flags.string({
    summary: 'Config file to use instead of the nearest rewardedit.config.json.',
    char: 'c',
    helpGroup: GLOBAL,
    helpValue: 'FILE',
    env: 'REWARDEDIT_CONFIG',
  }),
  'print-config': Flags.boolean({
    summary: 'Print every option, its value and where it comes from, and do nothing else.',
    helpGroup: GLOBAL,
  }),
  quiet: Flags.boolean({
    summary: 'No progress and no advice: only results, warnings and errors.',
    char: 'q',
    helpGroup: GLOBAL,
    env: 'REWARDEDIT_QUIET',
  }),
  'no-input': Flags.boolean({
    summary: 'Never ask anything, not even on a terminal.',
    helpGroup: GLOBAL,
    env: 'REWARDEDIT_NO_INPUT',
  }),
  debug: Flags.boolean({
    summary: 'Show where in the code an error happened.',
    helpGroup: GLOBAL,
    env: 'REWARDEDIT_DEBUG',
  }),
};
