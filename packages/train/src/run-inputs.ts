import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  RewardEditError,
  findJsonFile,
  readJsonLines,
  writeFileAtomic,
  writeFolderAtomic,
} from '@rewardedit/core';
import { openTokenizer, writeTokenizer, type Tokenizer } from '@rewardedit/models';
import { z } from 'zod';
import { recordLines, tripletRecordSchema, type TripletRecord } from './dataset-record.ts';

const INPUTS = 'inputs';
const DATASET_FILE = 'dataset.jsonl';
const TOKENIZER = 'tokenizer';
const FROZEN_FILE = 'frozen.json';

const frozenSchema = z.object({ sha256: z.string() });

/**
 * What a run records at its first step, besides its config, and reads back when it is resumed: its vocabulary, so that a new word in the dataset
 * does not change the ids of others; a record of each triplet; and a hash of the frozen weights, which are not saved.
 */
export interface RunInputs {
  readonly tokenizer: Tokenizer;
  readonly record: readonly TripletRecord[];
  /** Absent if everything is trained. */
  readonly frozen?: string | undefined;
}

/** Returns whether the run in a folder has begun its first step. Until then, the folder may be used for another run. */
export function hasBegun(run: string): boolean {
  return existsSync(join(run, INPUTS));
}

/**
 * Reads the recorded inputs; undefined if the run has not begun.
 *
 * @throws RewardEditError 'bad-input' if they are damaged, or missing although there are checkpoints.
 */
export async function readRunInputs(run: string): Promise<RunInputs | undefined> {
  const folder = join(run, INPUTS);
  if (!hasBegun(run)) {
    await assertNoCheckpoints(run);
    return undefined;
  }
  const record: TripletRecord[] = [];
  for await (const { value } of readJsonLines(join(folder, DATASET_FILE), { schema: tripletRecordSchema }))
    record.push(value);
  return {
    tokenizer: await openTokenizer(join(folder, TOKENIZER)),
    record,
    frozen: await readFrozen(join(folder, FROZEN_FILE)),
  };
}

/** Records the inputs atomically, which marks the run as begun. */
export async function writeRunInputs(run: string, { tokenizer, record, frozen }: RunInputs): Promise<void> {
  await writeFolderAtomic(join(run, INPUTS), async (folder) => {
    await mkdir(join(folder, TOKENIZER));
    await writeTokenizer(join(folder, TOKENIZER), tokenizer.files);
    await writeFile(join(folder, DATASET_FILE), recordLines(record));
    if (frozen !== undefined)
      await writeFile(join(folder, FROZEN_FILE), `${JSON.stringify({ sha256: frozen })}\n`);
  });
}

/** Replaces the record of the dataset when changed data is accepted. */
export async function replaceDatasetRecord(run: string, record: readonly TripletRecord[]): Promise<void> {
  await writeFileAtomic(join(run, INPUTS, DATASET_FILE), recordLines(record));
}

async function readFrozen(path: string): Promise<string | undefined> {
  const name = {
    what: 'the record of the frozen weights',
    hint: 'start the run again in another folder',
  };
  return (await findJsonFile(path, frozenSchema, name))?.sha256;
}

async function assertNoCheckpoints(run: string): Promise<void> {
  const checkpoints = join(run, 'checkpoints');
  if (!existsSync(checkpoints)) return;
  if (!(await readdir(checkpoints)).some((name) => /^step-\d+$/.test(name))) return;
  throw new RewardEditError('bad-input', 'the run has checkpoints, but no record of its inputs', {
    where: join(run, INPUTS),
    hint: 'start the run again in another folder',
  });
}
