import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lockFile, openJournal, readJsonLines, writeFileAtomic } from '@rewardedit/core';
import { z } from 'zod';
import type { EditRecord } from './edit-record.ts';

/** Files in the output folder: finished jobs, one per line, and failed ones. */
const EDITS_FILE = 'edits.jsonl';
export const SET_ASIDE_FILE = 'quarantine.jsonl';

const doneSchema = z.looseObject({
  id: z.string(),
  fingerprint: z.string(),
  outs: z.array(z.string()),
});

/** A finished job. */
export type DoneJob = {
  readonly id: string;
  readonly picture: string;
  readonly instruction: string;
  /** Hash of everything that the result depends on. */
  readonly fingerprint: string;
  /** Paths of the pictures that were written. */
  readonly outs: readonly string[];
  /** How they were made, as stored in their files. */
  readonly record: EditRecord;
};

/** A quarantined job, and the reason. */
export type SetAside = { readonly id: string; readonly reason: string };

/** The state of the jobs of an output folder, which one process at a time may use. */
export type JobJournal = {
  /** Whether the job's results exist, and nothing that they depend on has changed. */
  isDone(job: { readonly id: string; readonly fingerprint: string }): boolean;
  append(job: DoneJob): Promise<void>;
  /** Replaces the list of quarantined jobs, and releases the folder. */
  close(setAside: readonly SetAside[]): Promise<void>;
};

/** Opens the journal of an output folder. Throws 'failed' while another process uses it, 'bad-input' if it is damaged. */
export async function openJobJournal(folder: string): Promise<JobJournal> {
  const path = join(folder, EDITS_FILE);
  const unlock = await lockFile(path);
  try {
    const known = new Map<string, z.infer<typeof doneSchema>>();
    if (existsSync(path))
      for await (const { value } of readJsonLines(path, { schema: doneSchema, tornLastLine: 'ignore' }))
        known.set(value.id, value);
    const journal = await openJournal(path);
    return {
      isDone({ id, fingerprint }) {
        const done = known.get(id);
        return done?.fingerprint === fingerprint && done.outs.every((out) => existsSync(join(folder, out)));
      },
      append: ({ outs, ...job }) =>
        journal.append({ ...job, outs: outs.map((out) => relative(folder, out)) }),
      async close(setAside) {
        await journal.close();
        const file = join(folder, SET_ASIDE_FILE);
        const lines = setAside.map((each) => `${JSON.stringify(each)}\n`).join('');
        if (lines === '') await rm(file, { force: true });
        else await writeFileAtomic(file, lines);
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
