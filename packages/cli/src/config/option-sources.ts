import type { Command } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { formatTable } from '../output/table.ts';
import type { ProjectConfig } from './project-config.ts';

/** Where an option's value comes from, the strongest first. */
export type OptionSource = 'command line' | 'environment' | 'config file' | 'default' | 'not set';

/** An option as it was resolved. */
export type ResolvedOption = {
  readonly value: unknown;
  readonly source: OptionSource;
  /** Which flag, variable or file. */
  readonly name?: string | undefined;
};

export type FlagDefinitions = Readonly<Record<string, Command.Flag.Any>>;

/** The variable that sets an option, where it does; one that is empty does not count. */
export function variableThatSets({ env }: Command.Flag.Any): string | undefined {
  return env !== undefined && process.env[env] ? env : undefined;
}

/** What says which values the options of a command get, besides their defaults. */
export type OptionContext = {
  /** The options on the command line. */
  readonly typed: ReadonlySet<string>;
  readonly config: ProjectConfig | undefined;
  readonly command: string;
};

/** Where the value of the option `name` comes from. */
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

/** Every option with its value, which may also follow from others, and where that comes from. */
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

/** Resolved options as a table. */
export function optionTable(options: Readonly<Record<string, ResolvedOption>>): string {
  const rows = Object.entries(options).map(([name, { value, source, name: from = '' }]) => [
    name,
    value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value),
    from === '' ? source : `${source}: ${from}`,
  ]);
  return formatTable(['option', 'value', 'from'], rows);
}

/**
 * The options that a config file sets for `command`, as they would be typed, but for those that the command line (`typed`) or
 * the environment sets: so the same rules check them.
 *
 * @throws RewardEditError 'bad-input' for a value that cannot be typed, such as a list for a number.
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
        hint: `it takes ${expectedKind(flags[name])}`,
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
  return flag.multiple === true ? 'a list of texts' : 'a number or a text';
}
