import { ParquetWriter, fileWriter, type ColumnSource } from 'hyparquet-writer';
import { PERSPECTIVES } from '@rewardedit/core';
import type { CheckedPicture, CheckedTriplet } from '../rows/checked-triplet.ts';
import { restartingSink } from '../converting/restarting-sink.ts';
import { feedbackColumn, scoreColumn } from '../rows/own-columns.ts';
import { PARQUET } from './parquet-source.ts';
import { createShards, holdsOf, type ShardFile } from '../converting/shards.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import type { ConversionClaim } from '../converting/work-folder.ts';

/** Bytes of pictures that a reader has in memory at once. */
const ROW_GROUP_BYTES = 64e6;
/** Each row costs memory too, for a whole group at once. */
const ROW_GROUP_ROWS = 1000;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

type Kind = 'image' | 'string' | 'float64' | 'bool';

type Column = {
  readonly name: string;
  readonly kind: Kind;
  readonly cell: (triplet: CheckedTriplet) => unknown;
};

const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

/** Nested values of varying shape do not fit a table: faults, rewrites, judge and extra are JSON. */
const COLUMNS: readonly Column[] = [
  { name: 'id', kind: 'string', cell: ({ record }) => record.id },
  { name: 'instruction', kind: 'string', cell: ({ record }) => record.instruction },
  { name: 'original', kind: 'image', cell: ({ pictures }) => imageCell(pictures.original, 'original') },
  { name: 'edited', kind: 'image', cell: ({ pictures }) => imageCell(pictures.edited, 'edited') },
  {
    name: 'truth',
    kind: 'image',
    cell: ({ pictures }) => pictures.truth && imageCell(pictures.truth, 'truth'),
  },
  { name: 'kind', kind: 'string', cell: ({ record }) => record.kind },
  { name: 'split', kind: 'string', cell: ({ record }) => record.split },
  { name: 'description', kind: 'string', cell: ({ record }) => record.description },
  ...PERSPECTIVES.map((name): Column => ({
    name: scoreColumn(name),
    kind: 'float64',
    cell: ({ record }) => record.reward?.scores[name],
  })),
  ...PERSPECTIVES.map((name): Column => ({
    name: feedbackColumn(name),
    kind: 'string',
    cell: ({ record }) => record.reward?.feedback[name],
  })),
  { name: 'judge', kind: 'string', cell: ({ record }) => json(record.reward?.judge) },
  { name: 'flippable', kind: 'bool', cell: ({ record }) => record.flippable },
  { name: 'faults', kind: 'string', cell: ({ record }) => json(record.faults) },
  { name: 'rewrites', kind: 'string', cell: ({ record }) => json(record.rewrites) },
  {
    name: 'extra',
    kind: 'string',
    cell: ({ extra }) => (Object.keys(extra).length === 0 ? undefined : json(extra)),
  },
];

function imageCell({ bytes, format }: CheckedPicture, role: string): { bytes: Uint8Array; path: string } {
  return { bytes, path: `${role}${format.extension}` };
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

const ELEMENTS: Readonly<Record<Kind, (name: string) => SchemaElement[]>> = {
  image: (name) => [
    { name, repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    { name: 'path', ...TEXT, repetition_type: 'OPTIONAL' },
  ],
  string: (name) => [{ name, ...TEXT, repetition_type: 'OPTIONAL' }],
  float64: (name) => [{ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }],
  bool: (name) => [{ name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }],
};

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.flatMap(({ name, kind }) => ELEMENTS[kind](name)),
];

/** Tells Hugging Face's `datasets` which columns are pictures. */
const FEATURES = Object.fromEntries(
  COLUMNS.map(({ name, kind }) => [
    name,
    kind === 'image' ? { _type: 'Image' } : { dtype: kind, _type: 'Value' },
  ]),
);

/**
 * Writes a parquet file, or `train-00000.parquet`, ... of about 500 MB each into a folder, for Hugging Face's `datasets`: pictures byte for
 * byte, the reward in flat columns. A row group has at most 64 MB of pictures.
 */
export function createParquet(target: string, claim: ConversionClaim): Promise<TripletSink> {
  const place = { target, ending: PARQUET, digits: 5 };
  return restartingSink(target, claim, holdsOf(target, PARQUET), async (folder) =>
    createShards({ ...place, folder }, openFile),
  );
}

function openFile(path: string): ShardFile<CheckedTriplet> {
  const writer = fileWriter(path);
  const parquet = new ParquetWriter({
    writer,
    schema: SCHEMA,
    createdBy: 'rewardedit',
    statistics: false,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: FEATURES } }) }],
  });
  let rows: CheckedTriplet[] = [];
  let bytes = 0;
  const flush = async () => {
    if (rows.length === 0) return;
    const columnData = COLUMNS.map(({ name, kind, cell }): ColumnSource => {
      const data = rows.map(cell);
      // Pictures neither compress nor repeat.
      return kind === 'image' ? { name, data, codec: 'UNCOMPRESSED', encoding: 'PLAIN' } : { name, data };
    });
    await parquet.write({ columnData, rowGroupSize: rows.length });
    [rows, bytes] = [[], 0];
  };
  return {
    async write(triplet) {
      rows.push(triplet);
      for (const picture of Object.values(triplet.pictures)) bytes += picture.bytes.length;
      if (bytes >= ROW_GROUP_BYTES || rows.length >= ROW_GROUP_ROWS) await flush();
    },
    size: () => writer.offset + bytes,
    async end() {
      await flush();
      await parquet.finish();
    },
  };
}
