import type { Command } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { formatTable } from '../output/table.ts';
import type { ProjectConfig } from './project-config.ts';

/** Where an option's value comes from, in order of precedence. */
export type OptionSource = 'command line' | 'environment' | 'config file' | 'default' | 'not set';

/** A resolved option. */
export type ResolvedOption = {
  readonly value: unknown;
  readonly source: OptionSource;
  /** The flag, variable or file. */
  readonly name?: string | undefined;
};

export type FlagDefinitions = Readonly<Record<string, Command.Flag.Any>>;

/** The variable that sets an option, if it is set and not empty. */
export function variableThatSets({ env }: Command.Flag.Any): string | undefined {
  return env !== undefined && process.env[env] ? env : undefined;
}

/** What determines the options of a command besides their defaults. */
export type OptionContext = {
  /** The options on the command line. */
  readonly typed: ReadonlySet<string>;
  readonly config: ProjectConfig | undefined;
  readonly command: string;
};

/** Returns where the value of the option `name` comes from. */
export function sourceOf(
  name: string,
  flag: Command.Flag.Any,
  { typed, config, command }: OptionContext,
): Omit<ResolvedOption, 'value'> {
  const variable = variableThatSets(flag);
  if (typed.has(name)) return { source: 'command line', name: `--${name}` };
  if (variable !== undefined) return { source: 'environment', name: variable };
  if (config !== undefined && Object.hasOwn(config.sections[command] ?? {}, name))
    return { source: 'config file', name: config.path };
  return { source: flag.default === undefined ? 'not set' : 'default' };
}

/** Resolves every option to its value and source; `following` are values derived from other options. */
export function resolveOptions(
  flags: FlagDefinitions,
  values: Readonly<Record<string, unknown>>,
  following: Readonly<Record<string, unknown>>,
  context: OptionContext,
): Readonly<Record<string, ResolvedOption>> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]): [string, ResolvedOption] => [
      name,
      values[name] === undefined && following[name] !== undefined
        ? { value: following[name], source: 'default' }
        : { value: values[name] ?? null, ...sourceOf(name, flag, context) },
    ]),
  );
}

/** Formats resolved options as a table. */
export function optionTable(options: Readonly<Record<string, ResolvedOption>>): string {
  const rows = Object.entries(options).map(([name, { value, source, name: from = '' }]) => [
    name,
    value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value),
    from === '' ? source : `${source}: ${from}`,
  ]);
  return formatTable(['option', 'value', 'from'], rows);
}

/**
 * Converts the options that a config file sets for `command` to command-line words, so that the same rules check them. Leaves out
 * options that are `typed` or set by the environment.
 *
 * @throws RewardEditError 'bad-input' for a value without such a form, such as a list for a number.
 */
export async function configWords(
  { sections, path }: ProjectConfig,
  command: string,
  flags: FlagDefinitions,
  typed: ReadonlySet<string>,
): Promise<string[]> {
  const words: string[] = [];
  for (const [name, value] of Object.entries(sections[command] ?? {})) {
    if (typed.has(name) || variableThatSets(flags[name]) !== undefined) continue;
    const typedOut = optionWords(name, flags[name], value);
    if (typedOut === undefined) {
      throw new RewardEditError('bad-input', `the option "${name}" cannot be ${JSON.stringify(value)}`, {
        where: path,
        hint: `use ${expectedKind(flags[name])}`,
      });
    }
    words.push(...typedOut);
  }
  return words;
}

function optionWords(name: string, flag: Command.Flag.Any, value: unknown): string[] | undefined {
  if (flag.type === 'boolean') {
    if (typeof value !== 'boolean') return undefined;
    if (value) return [`--${name}`];
    return flag.allowNo ? [`--no-${name}`] : [];
  }
  const values: unknown[] = flag.multiple === true && Array.isArray(value) ? value : [value];
  const typable = values.every((each) => typeof each === 'string' || typeof each === 'number');
  return typable ? values.map((each) => `--${name}=${each}`) : undefined;
}

function expectedKind(flag: Command.Flag.Any): string {
  if (flag.type === 'boolean') return 'true or false';
  return flag.multiple === true ? 'a list of strings' : 'a number or a string';
}
