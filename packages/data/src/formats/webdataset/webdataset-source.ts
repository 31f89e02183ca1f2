import { parseLooseJsonBytes } from '@rewardedit/core';
import type { ChosenColumns } from '../rows/columns.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import { createRowReader, leftOutNote, type RowReader } from '../rows/row.ts';
import { listShards } from '../converting/shards.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';
import { USUAL_NAMES } from '../rows/usual-names.ts';
import { roleOfPart } from './tar-parts.ts';
import type { TarSample } from './tar-sample-collector.ts';
import { readTarSamples } from './tar-samples.ts';
import { splitsOf, withSplit } from '../rows/splits.ts';

export const TAR = '.tar';

/** What is read; the zipped ones unpack as they are read. */
export const TARS = [TAR, '.tar.gz', '.tgz'] as const;

/**
 * WebDataset's tars: the entries `{key}.original.jpg`, `{key}.edited.jpg` and `{key}.json` make a sample. Parts of other usual
 * names are recognised, and a text part as the instruction. The id is the JSON's, else `shard/key`.
 */
export function webDatasetSource(
  path: string,
  { columns, fetch }: { readonly columns: ChosenColumns; readonly fetch: PictureAccess['fetch'] },
): TripletSource {
  // Parts, with the number of entries.
  const leftOut = new Map<string, number>();
  const roleOf = (part: string) => roleOfPart(part, columns);
  const onLeftOut = (part: string) => leftOut.set(part, (leftOut.get(part) ?? 0) + 1);
  const access = { folder: path, fetch };
  const readers = new Map<string, RowReader>();
  const readerFor = (instruction: string, id: readonly string[]) => {
    const key = JSON.stringify([instruction, id]);
    const reader =
      readers.get(key) ??
      createRowReader(
        {
          layout: "a sample's parts and its JSON",
          original: ORIGINAL,
          edited: EDITED,
          truth: TRUTH,
          instruction,
          id,
          kind: columns.kind ?? 'kind',
          description: columns.description ?? 'description',
          leftOut: [],
        },
        access,
      );
    readers.set(key, reader);
    return reader;
  };
  return {
    format: 'webdataset',
    async *rows() {
      const shards = await listShards(path, TARS);
      const splits = splitsOf(shards.map(({ stem }) => stem));
      for (const [number, shard] of shards.entries()) {
        for await (const sample of readTarSamples(shard.path, roleOf, onLeftOut)) {
          const where = `${shard.path}, ${JSON.stringify(sample.key)}`;
          const rows = sampleRows(sample, { where, fallbackId: `${shard.stem}/${sample.key}` });
          for (const row of rows) yield withSplit(row, splits[number]);
        }
      }
    },
    notes: () => [
      ...leftOutNote(namedParts(leftOut)),
      ...new Set([...readers.values()].flatMap((reader) => reader.notes())),
    ],
    explain: () => [...new Set([...readers.values()].flatMap((reader) => reader.explain()))],
  };

  function sampleRows(
    { parts }: TarSample,
    place: { where: string; fallbackId: string },
  ): readonly SourceRow[] {
    const facts = parseFacts(parts);
    if (facts === undefined)
      return [{ id: place.fallbackId, where: place.where, unusable: 'its JSON is no JSON object' }];
    const named = columns.instruction ?? USUAL_NAMES.instruction.find((key) => Object.hasOwn(facts, key));
    const idColumn = columns.id ?? 'id';
    const row = {
      ...facts,
      [ORIGINAL]: parts.get('original'),
      [EDITED]: parts.get('edited'),
      [TRUTH]: parts.get('truth'),
      ...(named === undefined && { [INSTRUCTION]: textOf(parts.get('instruction')) }),
    };
    return readerFor(named ?? INSTRUCTION, Object.hasOwn(facts, idColumn) ? [idColumn] : []).read(row, place);
  }
}

// No key of a sample's JSON can be mistaken for a part: these are said in messages.
const [ORIGINAL, EDITED, TRUTH, INSTRUCTION] = [
  'part "original"',
  'part "edited"',
  'part "truth"',
  'part "txt"',
];

/** So many names of parts are told. */
const TOLD_PARTS = 20;

function namedParts(parts: ReadonlyMap<string, number>): readonly string[] {
  const named = [...parts]
    .slice(0, TOLD_PARTS)
    .map(([part, count]) => (count === 1 ? part : `${part} (${count})`));
  return parts.size > TOLD_PARTS ? [...named, `and ${parts.size - TOLD_PARTS} more names of parts`] : named;
}

function parseFacts(parts: TarSample['parts']): Record<string, unknown> | undefined {
  const bytes = parts.get('json');
  if (bytes === undefined) return {};
  try {
    const value = parseLooseJsonBytes(bytes);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a part; undefined where it is none, which the row then tells. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes === undefined ? undefined : decode(bytes).trim();
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
