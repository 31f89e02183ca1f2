import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-file.ts';
import { RewardEditError } from './errors.ts';
import { lockFile } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

/** The folder of a run. */
export type RunFolder = {
  readonly path: string;
  readonly checkpointsDir: string;
  readonly samplesDir: string;
  close(): Promise<void>;
};

export type RunFolderOptions = {
  /** All settings that the run's result depends on, recorded in `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings (keys of `config`) that may change when a run is resumed. */
  readonly mayDiffer?: readonly string[];
  /** Values of settings that the `config.json` of an older run lacks. */
  readonly beforeSet?: Readonly<Record<string, unknown>>;
  /** Called with the recorded settings before the new ones replace them; rejects to refuse those. */
  readonly beforeReplace?: (recorded: Readonly<Record<string, unknown>>) => Promise<void>;
};

const configSchema = z.record(z.string(), z.unknown());

/**
 * Opens the folder of a run, and creates it if it does not exist: `config.json`, `checkpoints/`, `samples/` (`startRun` adds `events.jsonl`).
 * Throws 'bad-input' if `config.json` is damaged or belongs to another run (naming the settings that differ), and 'failed' if another process
 * has it open.
 */
export async function openRunFolder(path: string, options: RunFolderOptions): Promise<RunFolder> {
  const checkpointsDir = join(path, 'checkpoints');
  const samplesDir = join(path, 'samples');
  const close = await claimRunFolder(path, options);
  try {
    await makeFolder(checkpointsDir);
    await makeFolder(samplesDir);
  } catch (error) {
    await close();
    throw fromSystemError(error, { doing: 'make the run folder', path });
  }
  return { path, checkpointsDir, samplesDir, close };
}

/**
 * Locks a folder for a run, records its settings in `config.json`, or verifies that they are those recorded. Returns a function that releases the
 * lock. Throws like `openRunFolder`.
 */
export async function claimRunFolder(
  path: string,
  { config, mayDiffer = [], beforeSet = {}, beforeReplace }: RunFolderOptions,
): Promise<() => Promise<void>> {
  const configPath = join(path, 'config.json');
  await makeFolder(path);
  const unlock = await lockFile(configPath);
  try {
    const found = await readConfig(configPath);
    if (found !== undefined) {
      const recorded = { ...beforeSet, ...found };
      assertSameRun(recorded, asJson(config), mayDiffer, path);
      await beforeReplace?.(recorded);
    }
    await writeFileAtomic(configPath, `${JSON.stringify(config, null, 2)}\n`);
  } catch (error) {
    await unlock();
    throw fromSystemError(error, { doing: 'make the run folder', path });
  }
  return unlock;
}

async function readConfig(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fromSystemError(error, { doing: 'read the settings of the run', path });
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RewardEditError('bad-input', "the run's settings are damaged", {
      where: path,
      hint: 'start the run again in another folder',
      cause,
    });
  }
}

function assertSameRun(
  found: Record<string, unknown>,
  wanted: Record<string, unknown>,
  mayDiffer: readonly string[],
  path: string,
): void {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const differing = names.filter(
    (name) => !mayDiffer.includes(name) && !isDeepStrictEqual(found[name], wanted[name]),
  );
  if (differing.length === 0) return;
  const show = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  const list = differing.map((name) => `${name} is ${show(found[name])} there, ${show(wanted[name])} here`);
  throw new RewardEditError('bad-input', `the folder belongs to another run (${list.join('; ')})`, {
    where: path,
    hint: 'choose another folder, or the settings that the run was started with',
  });
}

/** Returns the settings after a round trip through JSON, which drops undefined values. */
function asJson(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return configSchema.parse(JSON.parse(JSON.stringify(config)));
}
