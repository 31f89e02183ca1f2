import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import { withSuggestions } from '../errors/failure.ts';
import { assertHarmless } from './found-config.ts';
import { newNameOf } from '../errors/renamed-options.ts';
import { suggestionsFor } from '../errors/suggestions.ts';

const PROJECT_CONFIG_FILE = 'rewardedit.config.json';

/** A config file: option values per command, which is named as typed ("data scenes"). */
export type ProjectConfig = {
  readonly path: string;
  /** Whether it was found in or above the current folder, rather than given with --config. */
  readonly isFound: boolean;
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** The options of each command that a config file may set. */
export type KnownOptions = Readonly<Record<string, readonly string[]>>;

/**
 * Reads the config file at `path`, or without a path the nearest `rewardedit.config.json` in or above `folder`.
 *
 * @returns undefined if there is none.
 * @throws RewardEditError 'bad-input' if the file at `path` is missing, or the file is invalid or has an unknown command or option, or
 * a file that was found sets an option that only the user may set.
 */
export async function readProjectConfig(
  path: string | undefined,
  folder: string,
  known: KnownOptions,
): Promise<ProjectConfig | undefined> {
  const found = path === undefined ? await findUpwards(folder) : await readNamed(resolve(folder, path));
  if (found === undefined) return undefined;
  const sections = await checkSections(found, known);
  if (path === undefined) await assertHarmless(found.path, sections);
  return { path: found.path, isFound: path === undefined, sections };
}

type ConfigText = { readonly path: string; readonly text: string };

async function findUpwards(folder: string): Promise<ConfigText | undefined> {
  const { isMissing } = await import('@rewardedit/core');
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, PROJECT_CONFIG_FILE);
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (error) {
      if (!isMissing(error)) throw await unreadable(error, path);
    }
    if (at === dirname(at)) return undefined;
  }
}

async function readNamed(path: string): Promise<ConfigText> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw await unreadable(error, path);
  }
}

async function unreadable(error: unknown, path: string): Promise<Error> {
  const { fromSystemError } = await import('@rewardedit/core');
  return fromSystemError(error, { doing: 'read the config file', path });
}

async function checkSections(
  { path, text }: ConfigText,
  known: KnownOptions,
): Promise<ProjectConfig['sections']> {
  const wrong = (message: string, hint: string, suggestions: readonly string[] = []) =>
    withSuggestions(new RewardEditError('bad-input', message, { where: path, hint }), suggestions);
  const shape = 'a config file looks like {"train": {"steps": 500}, "data scenes": {"seed": 7}}';

  let sections: unknown;
  try {
    sections = JSON.parse(text);
  } catch (error) {
    throw wrong(`the config file is not valid JSON: ${(error as Error).message}`, shape);
  }
  if (!isRecord(sections)) throw wrong('the config file is not a JSON object of sections', shape);
  const checked: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [command, section] of Object.entries(sections)) {
    if (!Object.hasOwn(known, command)) {
      throw wrong(
        `the config file has a section for "${command}", which is not a command`,
        `the sections are: ${Object.keys(known).join(', ')}`,
        suggestionsFor(command, Object.keys(known)),
      );
    }
    if (!isRecord(section)) throw wrong(`the section "${command}" is not an object of options`, shape);
    for (const option of Object.keys(section)) {
      if (known[command].includes(option)) continue;
      const name = newNameOf(option, known[command]);
      throw wrong(
        `the command "${command}" has no option "${option}"`,
        name === undefined
          ? `options have the same names as on the command line; \`rewardedit ${command} --help\` lists them`
          : `it was renamed to "${name}"`,
        name === undefined ? suggestionsFor(option, known[command]) : [],
      );
    }
    checked[command] = section;
  }
  return checked;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
