import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-file.ts';
import { RewardEditError } from './errors.ts';
import { lockFile } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

/** Where a run keeps everything it makes. */
export type RunFolder = {
  readonly path: string;
  readonly checkpointsDir: string;
  readonly samplesDir: string;
  close(): Promise<void>;
};

export type RunFolderOptions = {
  /** Everything that the run's result depends on; kept in `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings (keys of `config`) that may change when a run is continued. */
  readonly mayDiffer?: readonly string[];
  /** What settings were before they could be set, for a run from then, whose `config.json` does not have them. */
  readonly beforeSet?: Readonly<Record<string, unknown>>;
  /** Called with the recorded settings before the new ones replace them; rejects to refuse those. */
  readonly beforeReplace?: (recorded: Readonly<Record<string, unknown>>) => Promise<void>;
};

const configSchema = z.record(z.string(), z.unknown());

/**
 * Opens the folder of a run, and makes it where there is none: `config.json`, `checkpoints/`, `samples/`; whoever tells
 * of the run adds `events.jsonl` (`startRun`). A folder that holds the same run is continued. Throws 'bad-input' where `config.json` is damaged, or of
 * another run (naming the settings that differ), and 'failed' while another process has it open.
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
 * Makes a folder that of a run, by its `config.json`, or finds that it holds this very run; nobody else has it until the function that
 * is returned is called. Throws as `openRunFolder` does.
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
    throw new RewardEditError('bad-input', 'the settings of the run are damaged', {
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
  throw new RewardEditError('bad-input', `the folder holds another run (${list.join('; ')})`, {
    where: path,
    hint: 'choose another folder, or the settings that the run was started with',
  });
}

/** A value as it is after a trip through JSON, in which undefined and the like disappear. */
function asJson(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return configSchema.parse(JSON.parse(JSON.stringify(config)));
}
