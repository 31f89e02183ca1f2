import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Flags } from '@oclif/core';
import type { SourceRow, TripletSource } from '@rewardedit/data';
import { repeatable, rewardsFlag, type ValuesOf } from './flags.ts';

/** The readable formats, repeated here so that `--help` loads no data package; a test compares both lists. */
export const FORMATS = [
  'imagefolder',
  'jsonl',
  'instruct-pix2pix',
  'parquet',
  'webdataset',
  'rewardedit-20k',
] as const;

/** The options of every command that reads triplets of any format. */
export function sourceFlags() {
  return {
    from: Flags.option({
      summary: 'Format of the source; detected by default.',
      options: FORMATS,
    })(),
    columns: Flags.string({
      summary: 'Column names, such as original=before,edited=after,instruction=prompt.',
      helpValue: 'FIELD=COLUMN,...',
    }),
    images: Flags.string({
      summary: 'Folder that picture paths are relative to; the folder of the source by default.',
      helpValue: 'FOLDER',
    }),
    'allow-host': Flags.string({
      summary: 'Host to allow downloads of pictures and parquet files from; none by default; repeatable.',
      helpValue: 'HOST',
      ...repeatable,
    }),
    split: Flags.string({
      summary: 'Read only this split, such as train or test.',
      helpValue: 'NAME',
    }),
    rewards: rewardsFlag(),
  };
}

export type SourceOptions = ValuesOf<ReturnType<typeof sourceFlags>>;

/** Opens a dataset of any format together with the rewards of its triplets. The caller closes it. */
export async function openTriplets(
  path: string,
  { from, columns, images, 'allow-host': hosts = [], rewards, split }: SourceOptions,
): Promise<TripletSource & { close(): Promise<void> }> {
  const { createFetch, createRemoteFiles, onlySplit, openSource, parseColumns } =
    await import('@rewardedit/data');
  const { openRewardIndex } = await import('@rewardedit/annotate');
  const { keepHeapSmall } = await import('@rewardedit/core');
  keepHeapSmall();
  const opened = await openSource(path, {
    format: from,
    columns: columns === undefined ? {} : parseColumns(columns),
    images,
    fetch: createFetch(hosts),
    openRemote: createRemoteFiles(hosts),
  });
  const source = split === undefined ? opened : onlySplit(opened, split);
  const closeSource = async () => opened.close?.();
  const journal = rewards ?? (await journalBeside(opened.unpackedTo ?? path, source.format));
  if (journal === undefined) return { ...source, close: closeSource };
  const index = await openRewardIndex(journal);
  return {
    ...source,
    async *rows() {
      for await (const row of source.rows()) yield await withAnswer(row);
    },
    async close() {
      await index.close();
      await closeSource();
    },
  };

  async function withAnswer(row: SourceRow): Promise<SourceRow> {
    if ('unusable' in row) return row;
    const { id, kind: known } = row.record;
    const reward = await index.get(id);
    // If the dataset does not name the kind of edit, the judge may have.
    const kind = known ?? (await index.kind(id));
    if (reward === undefined && kind === known) return row;
    return {
      ...row,
      record: { ...row.record, ...(reward !== undefined && { reward }), ...(kind !== undefined && { kind }) },
    };
  }
}

/** Path of the journal that `annotate` writes for a dataset; undefined for other formats. */
async function journalBeside(path: string, format: string): Promise<string | undefined> {
  if (format !== 'imagefolder' && format !== 'jsonl') return undefined;
  const { rewardsPath } = await import('@rewardedit/annotate');
  return rewardsPath({ folder: statSync(path).isDirectory() ? path : dirname(path) });
}
