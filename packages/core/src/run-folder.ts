import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-file.ts';
import { RewardEditError } from './errors.ts';
import { eventBodySchema, type EventBody } from './events.ts';
import { lockFile } from './file-lock.ts';
import { openJournal, type Journal } from './journal.ts';
import { makeFolder } from './make-folder.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

/** Where a run keeps everything it makes. */
export type RunFolder = {
  readonly path: string;
  readonly checkpointsDir: string;
  readonly samplesDir: string;
  /** Appends an event to `events.jsonl`, with the time of the call. */
  emit(event: EventBody): Promise<void>;
  close(): Promise<void>;
};

export type RunFolderOptions = {
  /** Everything that the run's result depends on; kept in `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Settings (keys of `config`) that may change when a run is continued. */
  readonly mayDiffer?: readonly string[];
};

const configSchema = z.record(z.string(), z.unknown());

/** Events can be made again, so they need not survive a power cut one by one. */
const EVENTS_PER_SYNC = 100;

/**
 * Opens the folder of a run, and makes it where there is none: `config.json`, `events.jsonl`, `checkpoints/`,
 * `samples/`. A folder that holds the same run is continued. Throws 'bad-input' where `config.json` is damaged, or of
 * another run (naming the settings that differ), and 'failed' while another process has it open.
 */
export async function openRunFolder(
  path: string,
  { config, mayDiffer = [] }: RunFolderOptions,
): Promise<RunFolder> {
  const configPath = join(path, 'config.json');
  const checkpointsDir = join(path, 'checkpoints');
  const samplesDir = join(path, 'samples');
  await makeFolder(path);
  const unlock = await lockFile(configPath);
  let journal: Journal;
  try {
    const found = await readConfig(configPath);
    if (found !== undefined) assertSameRun(found, asJson(config), mayDiffer, path);
    await makeFolder(checkpointsDir);
    await makeFolder(samplesDir);
    await writeFileAtomic(configPath, `${JSON.stringify(config, null, 2)}\n`);
    journal = await openJournal(join(path, 'events.jsonl'), { syncEvery: EVENTS_PER_SYNC });
  } catch (error) {
    await unlock();
    throw fromSystemError(error, { doing: 'make the run folder', path });
  }
  return {
    path,
    checkpointsDir,
    samplesDir,
    async emit(event) {
      const { type, ...rest } = eventBodySchema.parse(event);
      await journal.append({ type, time: new Date().toISOString(), ...rest });
    },
    async close() {
      try {
        await journal.close();
      } finally {
        await unlock();
      }
    },
  };
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
