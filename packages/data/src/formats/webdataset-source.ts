import type { ChosenColumns } from './columns.ts';
import { leftOutNote } from './json-lines-source.ts';
import type { PictureAccess } from './picture-bytes.ts';
import { createRowReader, type RowReader } from './row.ts';
import { listShards } from './shards.ts';
import type { SourceRow, TripletSource } from './source-triplet.ts';
import { INSTRUCTION_KEYS, roleOfPart } from './tar-parts.ts';
import { readTarSamples, type TarSample } from './tar-samples.ts';

export const TAR = '.tar';

/**
 * WebDataset's tars: the entries `{key}.original.jpg`, `{key}.edited.jpg` and `{key}.json` make a sample. Parts of other usual
 * names are recognised, and a text part as the instruction. The id is the JSON's, else `shard/key`.
 */
export function webDatasetSource(
  path: string,
  { columns, fetch }: { readonly columns: ChosenColumns; readonly fetch: PictureAccess['fetch'] },
): TripletSource {
  const leftOut = new Set<string>();
  const roleOf = (part: string) => {
    const role = roleOfPart(part, columns);
    if (role === undefined && part !== '') leftOut.add(part);
    return role;
  };
  const access = { folder: path, fetch };
  const readers = new Map<string, RowReader>();
  const readerFor = (instruction: string, id: readonly string[]) => {
    const key = JSON.stringify([instruction, id]);
    const reader =
      readers.get(key) ??
      createRowReader(
        {
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
      for (const shard of await listShards(path, TAR)) {
        for await (const sample of readTarSamples(shard.path, roleOf)) {
          const where = `${shard.path}, ${JSON.stringify(sample.key)}`;
          yield sampleRow(sample, { where, fallbackId: `${shard.stem}/${sample.key}` });
        }
      }
    },
    notes: () =>
      leftOutNote([...leftOut, ...[...readers.values()].flatMap((reader) => reader.leftOut())].slice(0, 20)),
  };

  function sampleRow({ parts }: TarSample, place: { where: string; fallbackId: string }): SourceRow {
    const facts = parseFacts(parts);
    if (facts === undefined)
      return { id: place.fallbackId, where: place.where, unusable: 'its JSON is no JSON object' };
    const named = columns.instruction ?? INSTRUCTION_KEYS.find((key) => Object.hasOwn(facts, key));
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

function parseFacts(parts: TarSample['parts']): Record<string, unknown> | undefined {
  const bytes = parts.get('json');
  if (bytes === undefined) return {};
  try {
    const value: unknown = JSON.parse(decode(bytes));
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
