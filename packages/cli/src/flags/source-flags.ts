import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Flags } from '@oclif/core';
import type { SourceRow, TripletSource } from '@rewardedit/data';
import type { ValuesOf } from './flags.ts';

/** The formats that are read, written out so that starting stays quick; a test holds them against the package's. */
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
      summary: 'Which columns hold what, such as original=before,edited=after,instruction=prompt.',
      helpValue: 'FIELD=COLUMN,...',
    }),
    images: Flags.string({
      summary:
        'Folder that the names of pictures are relative to, where that is not the folder of the source.',
      helpValue: 'FOLDER',
    }),
    'allow-host': Flags.string({
      summary:
        'Host that pictures, or a parquet file, may be fetched from; may be repeated; none by default.',
      helpValue: 'HOST',
      multiple: true,
      multipleNonGreedy: true,
    }),
    split: Flags.string({
      summary: 'Read the triplets of one split only, such as train or test.',
      helpValue: 'NAME',
    }),
    rewards: Flags.string({
      summary: 'Journal of rewards; rewards.jsonl in the dataset folder by default.',
      helpValue: 'FILE',
    }),
  };
}

export type SourceOptions = ValuesOf<ReturnType<typeof sourceFlags>>;

/** Opens a dataset of any format, with its triplets' rewards; close it when done. */
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
  const letGo = async () => opened.close?.();
  const journal = rewards ?? (await journalBeside(opened.unpackedTo ?? path, source.format));
  if (journal === undefined) return { ...source, close: letGo };
  const index = await openRewardIndex(journal);
  return {
    ...source,
    async *rows() {
      for await (const row of source.rows()) yield await withAnswer(row);
    },
    async close() {
      await index.close();
      await letGo();
    },
  };

  async function withAnswer(row: SourceRow): Promise<SourceRow> {
    if ('unusable' in row) return row;
    const { id, kind: known } = row.record;
    const reward = await index.get(id);
    // A judge may have named the kind of an edit of which the dataset does not tell it.
    const kind = known ?? (await index.kind(id));
    if (reward === undefined && kind === known) return row;
    return {
      ...row,
      record: { ...row.record, ...(reward !== undefined && { reward }), ...(kind !== undefined && { kind }) },
    };
  }
}

/** The journal that `annotate` writes for a dataset; other formats have none. */
async function journalBeside(path: string, format: string): Promise<string | undefined> {
  if (format !== 'imagefolder' && format !== 'jsonl') return undefined;
  const { rewardsPath } = await import('@rewardedit/annotate');
  return rewardsPath({ folder: statSync(path).isDirectory() ? path : dirname(path) });
}
