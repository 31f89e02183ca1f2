import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import { withSuggestions } from '../errors/failure.ts';
import { assertHarmless } from './found-config.ts';
import { newNameOf } from '../errors/renamed-options.ts';
import { suggestionsFor } from '../errors/suggestions.ts';

const PROJECT_CONFIG_FILE = 'rewardedit.config.json';

/** A config file: for each command, named as it is typed ("data scenes"), the values of some options. */
export type ProjectConfig = {
  readonly path: string;
  /** Whether it was found in or above the current folder, and not named. */
  readonly isFound: boolean;
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** Which options each command takes from a config file. */
export type KnownOptions = Readonly<Record<string, readonly string[]>>;

/**
 * Reads the config file at `path`, or without one the nearest `rewardedit.config.json` in `folder` or above it.
 *
 * @returns undefined where there is none.
 * @throws RewardEditError 'bad-input' where the file is missing (if it was named) or damaged, or has a command or option that
 * does not exist; or where a file that was found sets what only its user may set.
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
    throw wrong(`the config file is not JSON: ${(error as Error).message}`, shape);
  }
  if (!isRecord(sections)) throw wrong('the config file holds no sections', shape);
  const checked: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [command, section] of Object.entries(sections)) {
    if (!Object.hasOwn(known, command)) {
      throw wrong(
        `there is no command "${command}" to configure`,
        `the sections are: ${Object.keys(known).join(', ')}`,
        suggestionsFor(command, Object.keys(known)),
      );
    }
    if (!isRecord(section)) throw wrong(`the section "${command}" does not hold options`, shape);
    for (const option of Object.keys(section)) {
      if (known[command].includes(option)) continue;
      const name = newNameOf(option, known[command]);
      throw wrong(
        `the command "${command}" has no option "${option}"`,
        name === undefined
          ? `options are called as on the command line; \`rewardedit ${command} --help\` lists them`
          : `it is called "${name}" now`,
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
