import { join } from 'node:path';
import { EDIT_KINDS, findJsonFile, writeFileAtomic, type EditKind } from '@rewardedit/core';
import { z } from 'zod';

/** The list of items without an edit, in the run folder. */
const MISSING_FILE = 'missing.json';

const missingSchema = z.array(
  z.object({ id: z.string(), kind: z.enum(EDIT_KINDS).optional(), reason: z.string() }),
);

/** An item without an edit, and why. */
export interface MissingEdit {
  readonly id: string;
  readonly kind?: EditKind | undefined;
  readonly reason: string;
}

export async function writeMissingEdits(folder: string, missing: readonly MissingEdit[]): Promise<void> {
  await writeFileAtomic(join(folder, MISSING_FILE), `${JSON.stringify(missing, null, 2)}\n`);
}

/** Reads the items of a run without an edit; empty while its edits are being made. */
export async function readMissingEdits(folder: string): Promise<readonly MissingEdit[]> {
  const name = {
    what: 'the list of items without an edit',
    hint: 'remove it: the same `eval` command writes it again',
  };
  return (await findJsonFile(join(folder, MISSING_FILE), missingSchema, name)) ?? [];
}
