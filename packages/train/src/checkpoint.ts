import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError, isMissing, writeFolderAtomic } from '@rewardedit/core';
import type { State } from '@rewardedit/graph';
import { openSafetensors, writeSafetensors } from '@rewardedit/models';
import { z } from 'zod';

const STATE_FILE = 'state.safetensors';
const MANIFEST_FILE = 'manifest.json';

const manifestSchema = z.strictObject({
  step: z.int().nonnegative(),
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() })),
});

export interface Checkpoint {
  readonly path: string;
  readonly step: number;
}

/**
 * Saves everything that a run needs to go on: weights, moments and averages, and the number of steps done. Random numbers and the
 * order of the data follow from the step. The folder appears under its name only when it is whole and on the disk; it is then
 * read back and compared with its manifest before older checkpoints go.
 *
 * @param keep how many checkpoints stay, this one included.
 */
export async function saveCheckpoint(
  folder: string,
  step: number,
  state: State,
  keep: number,
): Promise<Checkpoint> {
  const path = join(folder, `step-${String(step).padStart(6, '0')}`);
  // A folder of this name that is there already did not verify, or the run would have gone on from it.
  await rm(path, { recursive: true, force: true });
  await writeFolderAtomic(path, async (temporary) => {
    const file = join(temporary, STATE_FILE);
    await writeSafetensors(file, state.specs, (name) => state.read(name));
    const manifest = { step, files: { [STATE_FILE]: await fingerprint(file) } };
    await writeFile(join(temporary, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  });
  await verify(path);
  const older = (await checkpointFolders(folder)).filter((name) => name < path);
  await Promise.all(
    older.slice(0, Math.max(older.length + 1 - keep, 0)).map((name) => rm(name, { recursive: true })),
  );
  return { path, step };
}

/** The newest checkpoint that is whole, or undefined where there is none; damaged ones are passed over and reported. */
export async function findCheckpoint(
  folder: string,
  onDamaged: (message: string) => void,
): Promise<Checkpoint | undefined> {
  for (const path of (await checkpointFolders(folder)).toReversed()) {
    try {
      return { path, step: await verify(path) };
    } catch (error) {
      if (!(error instanceof RewardEditError)) throw error;
      onDamaged(`${error.message} (${path})`);
    }
  }
  return undefined;
}

/** Puts a checkpoint's values into the state, one entry at a time. */
export async function loadCheckpoint({ path }: Checkpoint, state: State): Promise<void> {
  const file = await openSafetensors(join(path, STATE_FILE));
  try {
    for (const name of Object.keys(state.specs)) {
      if (!file.tensors.has(name)) {
        throw new RewardEditError('bad-input', `the checkpoint has no "${name}"`, {
          where: path,
          hint: 'It is of another model. Start the run in another folder.',
        });
      }
      await state.write(name, await file.float32(name));
    }
  } finally {
    await file.close();
  }
}

/** Folders of checkpoints, the oldest first. */
async function checkpointFolders(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'look for checkpoints', path: folder });
  });
  return names
    .filter((name) => /^step-\d+$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Compares a checkpoint with its manifest; gives its step. */
async function verify(path: string): Promise<number> {
  const text = await readFile(join(path, MANIFEST_FILE), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) throw damaged(path, 'it has no manifest');
    throw fromSystemError(error, { doing: 'read the manifest', path });
  });
  const manifest = manifestSchema.safeParse(parsedOrNull(text));
  if (!manifest.success) throw damaged(path, 'its manifest cannot be read');
  for (const [name, expected] of Object.entries(manifest.data.files)) {
    const found = await fingerprint(join(path, name)).catch((error: unknown) => {
      if (isMissing(error)) throw damaged(path, `${name} is missing`);
      throw fromSystemError(error, { doing: 'verify the checkpoint', path });
    });
    if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256)
      throw damaged(path, `${name} has changed`);
  }
  return manifest.data.step;
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damaged(path: string, reason: string): RewardEditError {
  return new RewardEditError('bad-input', `the checkpoint is damaged: ${reason}`, { where: path });
}

async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
