import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lockFile, openJournal, readJsonLines, writeFileAtomic } from '@rewardedit/core';
import { z } from 'zod';
import type { EditRecord } from './edit-record.ts';

/** In the folder of results: what was made, a line a job, and what could not be. */
const EDITS_FILE = 'edits.jsonl';
export const SET_ASIDE_FILE = 'quarantine.jsonl';

const doneSchema = z.looseObject({
  id: z.string(),
  fingerprint: z.string(),
  outs: z.array(z.string()),
});

/** A job that is done. */
export type DoneJob = {
  readonly id: string;
  readonly picture: string;
  readonly instruction: string;
  /** Of everything that its result depends on. */
  readonly fingerprint: string;
  /** The pictures that were written. */
  readonly outs: readonly string[];
  /** How: what stands inside them too. */
  readonly record: EditRecord;
};

/** A job that was set aside, and why. */
export type SetAside = { readonly id: string; readonly reason: string };

/** What is known of the jobs of a folder; one process at a time has it. */
export type JobJournal = {
  /** Whether the job's results are there, and nothing that they depend on has changed. */
  isDone(job: { readonly id: string; readonly fingerprint: string }): boolean;
  append(job: DoneJob): Promise<void>;
  /** Notes what was set aside, in place of what an earlier call did, and lets the folder go. */
  close(setAside: readonly SetAside[]): Promise<void>;
};

/** Opens the journal of a folder of results. Throws 'failed' while another process has it, 'bad-input' where it is damaged. */
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
