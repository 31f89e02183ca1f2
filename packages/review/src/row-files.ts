import { existsSync } from 'node:fs';
import {
  answerSchema,
  quarantinedSchema,
  quarantinePath,
  type Answer,
  type Quarantined,
} from '@rewardedit/annotate';
import { indexLines, RewardEditError, type LineIndex, type Triplet } from '@rewardedit/core';
import type { DatasetIndex } from '@rewardedit/data';
import type { z } from 'zod';
import type { LoadedRows } from './load-rows.ts';

/** Reads a row's entries in the files. */
export type RowFiles = {
  triplet(row: number): Promise<Triplet>;
  answer(row: number): Promise<Answer | undefined>;
  setAside(row: number): Promise<Quarantined | undefined>;
  close(): Promise<void>;
};

/** Opens the files that rows were loaded from. The functions throw 'failed' if a file has changed since and another row is in its place. */
export async function openRowFiles(
  index: DatasetIndex,
  journal: string,
  { rowOf, answerLines, setAsideLines }: Pick<LoadedRows, 'rowOf' | 'answerLines' | 'setAsideLines'>,
): Promise<RowFiles> {
  const open = async (path: string) => (existsSync(path) ? indexLines(path) : undefined);
  const answers = await open(journal);
  const list = quarantinePath(journal);
  const quarantine = await open(list);

  const checked = <T extends { readonly id: string }>(value: T, row: number, path: string): T => {
    if (rowOf.get(value.id) === row) return value;
    throw changed(path);
  };
  const read = async <T extends { readonly id: string }>(
    lines: LineIndex | undefined,
    { line, row, path, schema }: { line: number; row: number; path: string; schema: z.ZodType<T> },
  ): Promise<T | undefined> => {
    if (line === 0) return undefined;
    if (lines === undefined || line > lines.count) throw changed(path);
    const parsed = schema.safeParse(parseJson(await lines.read(line - 1)));
    if (!parsed.success) throw changed(path);
    return checked(parsed.data, row, path);
  };

  return {
    triplet: async (row) => checked(await index.triplet(row), row, 'the metadata of the dataset'),
    answer: (row) => read(answers, { line: answerLines[row], row, path: journal, schema: answerSchema }),
    setAside: (row) =>
      read(quarantine, { line: setAsideLines[row], row, path: list, schema: quarantinedSchema }),
    close: async () => {
      await Promise.all([index.close(), answers?.close(), quarantine?.close()]);
    },
  };
}

/** Parses JSON; undefined if the bytes are not JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function changed(path: string): RewardEditError {
  return new RewardEditError('failed', 'the file has changed since it was opened', {
    where: path,
    hint: 'restart `rewardedit review`',
  });
}
