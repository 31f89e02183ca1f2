import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  RewardEditError,
  fromSystemError,
  verifyManifest,
  writeFolderAtomic,
  writeManifest,
} from '@rewardedit/core';
import type { State } from '@rewardedit/graph';
import { openSafetensors, writeSafetensors } from '@rewardedit/models';
import { z } from 'zod';

const STATE_FILE = 'state.safetensors';

const progressSchema = z.looseObject({ step: z.int().nonnegative(), skipped: z.int().nonnegative() });

export interface Checkpoint {
  readonly path: string;
  readonly step: number;
  /** How many of these steps were skipped. */
  readonly skipped: number;
}

/**
 * Saves the state of a run: weights, moments and averages of the trained parameters, and the number of steps. Random numbers and the order of
 * the data follow from the step. The folder is written atomically and synced, then read back and compared with its manifest before older
 * checkpoints are removed.
 *
 * @param names entries of the state to save.
 * @param keep number of checkpoints to keep, including this one.
 */
export async function saveCheckpoint(
  folder: string,
  { step, skipped }: Pick<Checkpoint, 'step' | 'skipped'>,
  state: State,
  { names, keep }: { names: readonly string[]; keep: number },
): Promise<Checkpoint> {
  const path = join(folder, `step-${String(step).padStart(6, '0')}`);
  // An existing folder of this name failed verification, otherwise the run would have resumed from it.
  await rm(path, { recursive: true, force: true });
  const specs = Object.fromEntries(names.map((name) => [name, state.specs[name]]));
  await writeFolderAtomic(path, async (temporary) => {
    const written = await writeSafetensors(join(temporary, STATE_FILE), specs, (name) => state.read(name));
    await writeManifest(temporary, { step, skipped, files: { [STATE_FILE]: written } });
  });
  await verify(path, step);
  const older = (await checkpointsIn(folder)).filter((checkpoint) => checkpoint.step < step);
  await Promise.all(
    older.slice(0, Math.max(older.length + 1 - keep, 0)).map((each) => rm(each.path, { recursive: true })),
  );
  return { path, step, skipped };
}

/** Returns the newest valid checkpoint, or undefined if there is none. Damaged ones are reported and skipped. */
export async function findCheckpoint(
  folder: string,
  onDamaged: (message: string) => void,
): Promise<Checkpoint | undefined> {
  for (const { path, step } of (await checkpointsIn(folder)).toReversed()) {
    try {
      return await verify(path, step);
    } catch (error) {
      if (!(error instanceof RewardEditError)) throw error;
      onDamaged(`${error.message} (${path})`);
    }
  }
  return undefined;
}

/**
 * Loads a checkpoint into the state, one entry at a time.
 *
 * @throws RewardEditError 'bad-input' if its entries are not exactly those named.
 */
export async function loadCheckpoint(
  { path }: Pick<Checkpoint, 'path'>,
  state: State,
  names: readonly string[],
): Promise<void> {
  const file = await openSafetensors(join(path, STATE_FILE));
  try {
    const wanted = new Set(names);
    const missing = names.find((name) => !file.tensors.has(name));
    const extra = [...file.tensors.keys()].find((name) => !wanted.has(name));
    if (missing !== undefined || extra !== undefined) {
      const what = missing === undefined ? `also has "${extra}"` : `does not have "${missing}"`;
      throw new RewardEditError('bad-input', `the checkpoint ${what}`, {
        where: path,
        hint: 'It belongs to another model. Start the run in another folder.',
      });
    }
    for (const name of names) await state.write(name, await file.float32(name));
  } finally {
    await file.close();
  }
}

/** Returns the checkpoints in a folder, oldest first. */
async function checkpointsIn(folder: string): Promise<Pick<Checkpoint, 'path' | 'step'>[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'look for checkpoints', path: folder });
  });
  return names
    .flatMap((name) => {
      const [, digits] = /^step-(\d+)$/.exec(name) ?? [];
      return digits === undefined ? [] : [{ path: join(folder, name), step: Number(digits) }];
    })
    .toSorted((a, b) => a.step - b.step);
}

/** Returns the checkpoint after verifying it against its manifest. */
async function verify(path: string, step: number): Promise<Checkpoint> {
  const manifest = await verifyManifest(path, 'the checkpoint');
  const progress = progressSchema.safeParse(manifest);
  if (progress.data?.step !== step) {
    throw new RewardEditError('bad-input', 'the checkpoint is damaged: its manifest has another step', {
      where: path,
    });
  }
  return { path, step, skipped: progress.data.skipped };
}
