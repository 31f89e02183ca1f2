import type { Interfaces } from '@oclif/core';

/** New names of options, by their name in earlier versions. */
export const RENAMED_OPTIONS: Readonly<Record<string, string>> = {
  models: 'model-table',
  journal: 'rewards',
  replies: 'cache-dir',
};

/** Commands that replaced an option, by the command and the option. */
const OPTIONS_BECOME_COMMANDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  annotate: { canaries: 'judge test' },
};

/** The command that replaced an option of this command. */
export function commandInPlaceOf(option: string, command: string): string | undefined {
  return OPTIONS_BECOME_COMMANDS[command]?.[option];
}

/** The new name of a renamed option, if it is one of the `known` options. */
export function newNameOf(option: string, known: Iterable<string>): string | undefined {
  const name = RENAMED_OPTIONS[option];
  return name !== undefined && new Set(known).has(name) ? name : undefined;
}

/** A variable named after the old name of an option. Ignoring it could cost money. */
export type OldVariable = { readonly variable: string; readonly now: string };

/** Finds an environment variable with the old name of one of these options. */
export function findOldVariable(
  flags: Interfaces.FlagInput,
  environment: NodeJS.ProcessEnv = process.env,
): OldVariable | undefined {
  for (const [old, name] of Object.entries(RENAMED_OPTIONS)) {
    const now = flags[name]?.env;
    if (now === undefined) continue;
    const variable = now.slice(0, -name.length) + old.replaceAll('-', '_').toUpperCase();
    if (environment[variable] !== undefined) return { variable, now };
  }
  return undefined;
}
