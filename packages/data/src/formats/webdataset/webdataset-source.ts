import { parseLooseJsonBytes } from '@rewardedit/core';
import type { ChosenColumns } from '../rows/columns.ts';
import { isObject } from '../json/json-form.ts';
import type { PictureAccess } from '../pictures/picture-bytes.ts';
import { mergeReports } from '../rows/reports.ts';
import { createRowReader, leftOutNote, type RowReader } from '../rows/row.ts';
import { listShards } from '../converting/shards.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';
import { USUAL_NAMES } from '../rows/usual-names.ts';
import { roleOfPart } from './tar-parts.ts';
import type { TarSample } from './tar-sample-collector.ts';
import { readTarSamples } from './tar-samples.ts';
import { splitsOf, withSplit } from '../rows/splits.ts';

export const TAR = '.tar';

/** Extensions that are read; gzipped tars are unpacked on the fly. */
export const TARS = [TAR, '.tar.gz', '.tgz'] as const;

/**
 * Opens WebDataset's tars: the entries `{key}.original.jpg`, `{key}.edited.jpg` and `{key}.json` make a sample. Other usual names of parts
 * are recognised, and a text part is the instruction. The id is the one in the JSON, else `shard/key`.
 */
export function webDatasetSource(
  path: string,
  { columns, fetch }: { readonly columns: ChosenColumns; readonly fetch: PictureAccess['fetch'] },
): TripletSource {
  // Names of parts, with their number of entries.
  const leftOut = new Map<string, number>();
  const roleOf = (part: string) => roleOfPart(part, columns);
  const onLeftOut = (part: string) => leftOut.set(part, (leftOut.get(part) ?? 0) + 1);
  const access = { folder: path, fetch };
  const { add, ...reports } = mergeReports();
  const readers = new Map<string, RowReader>();
  const readerFor = (instruction: string, id: readonly string[]) => {
    const key = JSON.stringify([instruction, id]);
    const known = readers.get(key);
    if (known !== undefined) return known;
    const map = {
      layout: "a sample's parts and its JSON",
      original: ORIGINAL,
      edited: EDITED,
      truth: TRUTH,
      instruction,
      id,
      kind: columns.kind ?? 'kind',
      description: columns.description ?? 'description',
      leftOut: [],
    };
    const reader = add(createRowReader(map, access));
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
    notes: () => [...leftOutNote(namedParts(leftOut)), ...reports.notes()],
    explain: reports.explain,
  };

  function sampleRows(
    { parts }: TarSample,
    place: { where: string; fallbackId: string },
  ): readonly SourceRow[] {
    const facts = parseFacts(parts);
    if (facts === undefined)
      return [{ id: place.fallbackId, where: place.where, unusable: 'its JSON is not an object' }];
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

// Named so that no key of a sample's JSON is mistaken for a part, and shown in messages.
const [ORIGINAL, EDITED, TRUTH, INSTRUCTION] = [
  'part "original"',
  'part "edited"',
  'part "truth"',
  'part "txt"',
];

/** How many names of parts are listed. */
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
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the text of a part, or undefined if it is not UTF-8; the row then has no instruction. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return undefined;
  }
}
