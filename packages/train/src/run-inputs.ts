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
 * What a run has besides its config from its first step on, and is read back when it is continued: its vocabulary, so that a new
 * word in the dataset does not give other words other numbers; what it knows of each triplet; and a hash of the weights that it
 * does not train and therefore does not save.
 */
export interface RunInputs {
  readonly tokenizer: Tokenizer;
  readonly record: readonly TripletRecord[];
  /** Absent where everything is trained. */
  readonly frozen?: string | undefined;
}

/** Whether a run folder is that of a run that did a first step; before, it may become another run. */
export function hasBegun(run: string): boolean {
  return existsSync(join(run, INPUTS));
}

/**
 * @returns undefined where the run has not begun.
 * @throws RewardEditError 'bad-input' where they are damaged, or missing beside checkpoints.
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

/** Writes all of them at once: a run has begun, or it has not. */
export async function writeRunInputs(run: string, { tokenizer, record, frozen }: RunInputs): Promise<void> {
  await writeFolderAtomic(join(run, INPUTS), async (folder) => {
    await mkdir(join(folder, TOKENIZER));
    await writeTokenizer(join(folder, TOKENIZER), tokenizer.files);
    await writeFile(join(folder, DATASET_FILE), recordLines(record));
    if (frozen !== undefined)
      await writeFile(join(folder, FROZEN_FILE), `${JSON.stringify({ sha256: frozen })}\n`);
  });
}

/** Takes a changed dataset as the one that the run goes on with. */
export async function replaceDatasetRecord(run: string, record: readonly TripletRecord[]): Promise<void> {
  await writeFileAtomic(join(run, INPUTS, DATASET_FILE), recordLines(record));
}

async function readFrozen(path: string): Promise<string | undefined> {
  const name = {
    what: 'the record of what the run does not train',
    hint: 'start the run again in another folder',
  };
  return (await findJsonFile(path, frozenSchema, name))?.sha256;
}

async function assertNoCheckpoints(run: string): Promise<void> {
  const checkpoints = join(run, 'checkpoints');
  if (!existsSync(checkpoints)) return;
  if (!(await readdir(checkpoints)).some((name) => /^step-\d+$/.test(name))) return;
  throw new RewardEditError('bad-input', 'the run has checkpoints, but nothing says what it learned from', {
    where: join(run, INPUTS),
    hint: 'start the run again in another folder',
  });
}
