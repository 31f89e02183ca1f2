import type { Interfaces } from '@oclif/core';

/** Options that had another name in earlier versions, by that name. */
export const RENAMED_OPTIONS: Readonly<Record<string, string>> = {
  models: 'model-table',
  journal: 'rewards',
  replies: 'cache-dir',
};

/** Options that are commands of their own now, by the command that had them. */
const OPTIONS_BECOME_COMMANDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  annotate: { canaries: 'judge test' },
};

/** The command that does what an option of this command did in earlier versions. */
export function commandInPlaceOf(option: string, command: string): string | undefined {
  return OPTIONS_BECOME_COMMANDS[command]?.[option];
}

/** What an option is called now, where a command that has these options knew it under another name. */
export function newNameOf(option: string, known: Iterable<string>): string | undefined {
  const name = RENAMED_OPTIONS[option];
  return name !== undefined && new Set(known).has(name) ? name : undefined;
}

/** A variable that set an option under its earlier name; leaving it unread could cost money. */
export type OldVariable = { readonly variable: string; readonly now: string };

/** The first variable of the environment that names one of these options as it was called before. */
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
