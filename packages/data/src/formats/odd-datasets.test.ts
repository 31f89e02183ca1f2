import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { convertTo, open, rowsOf, samplePicture } from './dataset.test.helper.ts';
import type { FormatName } from './formats.ts';
import type { SourceTriplet } from './rows/source-triplet.ts';
import { zipOf } from './zip/zip.test.helper.ts';

/** A row of a dataset as somebody has it. */
type OddRow = {
  readonly id: string;
  readonly instruction: string;
  readonly split: 'train' | 'dev' | undefined;
  /** A measure that pandas may have filled up with NaN. */
  readonly measure: number;
  /** An identifier of 64 bits. */
  readonly number: bigint;
  readonly note: string | null;
  /** What is wrong with it. */
  readonly fault: 'no picture' | 'no instruction' | undefined;
  /** Whether it is one of a Mac's: names of files are composed otherwise in the list than on the disk. */
  readonly isMacs: boolean;
};

/** What has to come out of a row, besides its pictures. */
type Expected = {
  readonly id: string;
  readonly instruction: string;
  readonly split?: string | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
};

let folder: string;
let picture: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-odd-'));
  picture = await samplePicture(1);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ODD_NAME = 'p/caf\u00e9 2024.05.17.jpg';
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (digits: string) => unknown };

/** A 64-bit integer as it is to come out: digit for digit. */
const kept = (number: bigint) =>
  String(Number(number)) === String(number) ? Number(number) : String(number);

const withoutAbsent = (extra: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== null && value !== undefined));

const extraOf = ({ measure, number, note }: OddRow) =>
  withoutAbsent({
    x_measure: Number.isFinite(measure) ? measure + 0 : undefined,
    x_number: kept(number),
    note,
  });

const asExpected = (row: OddRow): Expected => ({
  ...{ id: row.id, instruction: row.instruction, split: row.split, extra: extraOf(row) },
});

/** The cells of a row of JSON whose pictures are files. */
function cells(row: OddRow) {
  const name = row.isMacs ? ODD_NAME.normalize('NFD') : ODD_NAME.replaceAll('/', '\\');
  return {
    ...{ id: row.id, split: row.split, note: row.note, x_number: rawJson(String(row.number)) },
    x_measure: row.measure,
    instruction: row.fault === 'no instruction' ? null : row.instruction,
    original: name,
    edited: row.fault === 'no picture' ? 'p/not there.jpg' : name,
  };
}

const MARK = '\uFEFF';
const quoted = (value: unknown) =>
  `"${`${(value as string | number | bigint | null | undefined) ?? ''}`.replaceAll('"', '""')}"`;

type Layout = {
  /** Writes the dataset into a folder, which has the picture already, and tells its path and what is to come out. */
  readonly write: (here: string, rows: readonly OddRow[]) => Promise<string>;
  readonly expected?: (row: OddRow, index: number) => Expected;
  /** Rows that the layout cannot hold are given back as ones that it can. */
  readonly fitted?: (row: OddRow, index: number) => OddRow;
  readonly images?: true;
};

async function put(here: string, name: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(join(here, name)), { recursive: true });
  await writeFile(join(here, name), content);
  return join(here, name);
}

const lines = (rows: readonly OddRow[]) =>
  `${MARK}${rows.map((row) => `${JSON.stringify(cells(row))}\r\n \n`).join('')}\n`;

/** WebDataset's parts, with keys that have dots of their own. */
async function tarOf(rows: readonly OddRow[]): Promise<Buffer> {
  const tar = pack();
  for (const [at, row] of rows.entries()) {
    const key = `IMG_2024.05.${at} v1.5`;
    const { original: _, edited: __, ...facts } = cells(row);
    tar.entry({ name: `${key}.original.jpg` }, picture);
    if (row.fault !== 'no picture') tar.entry({ name: `${key}.edited.jpg` }, picture);
    tar.entry({ name: `${key}.json` }, Buffer.from(`${MARK}${JSON.stringify(facts)}`));
  }
  tar.finalize();
  return bytesOf(tar);
}

async function bytesOf(tar: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parquetOf(rows: readonly OddRow[]): Buffer {
  const column = (
    name: string,
    type: 'STRING' | 'DOUBLE' | 'INT64' | 'BYTE_ARRAY',
    cell: (row: OddRow) => unknown,
  ) => ({ name, type, nullable: true, data: rows.map(cell) });
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        column('id', 'STRING', ({ id }) => id),
        column('instruction', 'STRING', (row) => (row.fault === 'no instruction' ? null : row.instruction)),
        column('split', 'STRING', ({ split }) => split ?? null),
        column('note', 'STRING', ({ note }) => note),
        column('x_measure', 'DOUBLE', ({ measure }) => measure),
        column('x_number', 'INT64', ({ number }) => number),
        column('original', 'BYTE_ARRAY', () => picture),
        column('edited', 'BYTE_ARRAY', ({ fault }) => (fault === 'no picture' ? null : picture)),
      ],
    }),
  );
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  imagefolder: { write: (here, rows) => put(here, 'metadata.jsonl', lines(rows)).then(dirname) },
  'JSON lines': { write: (here, rows) => put(here, 'rows.json', lines(rows)) },
  'JSON array': {
    write: (here, rows) => put(here, 'rows.json', `${MARK}\n${JSON.stringify(rows.map(cells), null, 1)}\n\n`),
  },
  'JSON object': {
    write: (here, rows) => {
      const members = rows.map((row) => {
        const { id, ...others } = cells(row);
        return `${JSON.stringify(id)}: ${JSON.stringify(others)}`;
      });
      return put(here, 'rows.json', `${MARK}{\n${members.join(',\n\n')}}`);
    },
  },
  CSV: {
    write: (here, rows) => {
      const names = ['id', 'instruction', 'split', 'note', 'x_measure', 'x_number', 'original', 'edited'];
      const values = rows.map((row) => {
        const known: Readonly<Record<string, unknown>> = { ...cells(row), x_number: row.number };
        return names.map((name) => quoted(known[name])).join(',');
      });
      return put(here, 'metadata.csv', `${MARK}${[names.join(','), '', ...values].join('\r\n')}\r\n`);
    },
    // All values are texts there, and an empty one is none.
    fitted: (row) => ({ ...row, fault: row.instruction === '' ? 'no instruction' : row.fault }),
    expected: (row) => ({
      ...asExpected(row),
      extra: withoutAbsent({
        x_measure: String(row.measure),
        x_number: String(row.number),
        note: row.note === '' ? null : row.note,
      }),
    }),
  },
  parquet: { write: (here, rows) => put(here, 'rows.parquet', parquetOf(rows)) },
  tar: { write: async (here, rows) => put(here, 'rows.tar', await tarOf(rows)) },
  'zipped tar': { write: async (here, rows) => put(here, 'rows.tgz', gzipSync(await tarOf(rows))) },
  'zipped folder': {
    write: (here, rows) => {
      const files = { [`mine/${ODD_NAME}`]: picture, '__MACOSX/mine/._metadata.jsonl': 'x' };
      return put(here, 'mine.zip', zipOf({ ...files, 'mine/metadata.jsonl': lines(rows) }));
    },
  },
  "InstructPix2Pix's folders": {
    async write(here, rows) {
      for (const [at, row] of rows.entries()) {
        const name = `f${String(at).padStart(4, '0')}`;
        const prompt = { edit: row.fault === 'no instruction' ? null : row.instruction, output: row.note };
        await put(here, `${name}/prompt.json`, `${MARK}${JSON.stringify(withoutAbsent(prompt))}`);
        await put(here, `${name}/${at}_0.jpg`, picture);
        await put(here, `${name}/._${at}_0.jpg`, 'x');
        if (row.fault !== 'no picture') await put(here, `${name}/${at}_1.jpg`, picture);
      }
      await mkdir(join(here, '__MACOSX'));
      return here;
    },
    fitted: (row, at) => ({ ...row, id: `f${String(at).padStart(4, '0')}/${at}` }),
    expected: ({ id, instruction, note }) => ({
      ...{ id, instruction, extra: withoutAbsent({ edited_prompt: note }) },
    }),
  },
};

const TARGETS: readonly (readonly [FormatName, string])[] = [
  ['imagefolder', 'folder'],
  ['jsonl', 'copy.jsonl'],
  ['parquet', 'shards'],
  ['webdataset', 'samples.tar'],
];

/** What is in a dataset, in a form that can be compared; its pictures are looked at, too. */
async function contents(path: string): Promise<Expected[]> {
  const source = await open(path);
  const rows = (await rowsOf(source)) as SourceTriplet[];
  for (const { pictures } of rows) expect(Buffer.compare(await pictures.edited(), picture)).toBe(0);
  await source.close?.();
  return rows.map(({ record: { id, instruction, split }, extra }) => ({ id, instruction, split, extra }));
}

const oddText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('a.b/c.json', 'C:\\x', '._y', '1285704473650888702', 'cafe\u0301', 'two\nlines', ' '),
);

const oddRow: fc.Arbitrary<OddRow> = fc.record({
  id: oddText.filter((id) => id !== ''),
  instruction: oddText,
  split: fc.constantFrom(undefined, 'train', 'dev'),
  measure: fc.oneof(
    fc.constant(NaN),
    fc.double({ noDefaultInfinity: true }).map((value) => value + 0),
  ),
  number: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  note: fc.oneof(oddText, fc.constant(null)),
  fault: fc.constantFrom(undefined, undefined, 'no picture', 'no instruction'),
  isMacs: fc.boolean(),
});

const WHOLE = { split: 'dev', measure: NaN, number: 2n ** 63n - 1n, note: '', isMacs: true } as const;
const ODD_ROWS: OddRow[] = [
  { ...WHOLE, id: '1285704473650888702', instruction: ' a\u0301 "b", c\n', fault: undefined },
  { ...WHOLE, id: 'C:\\x.json', instruction: '', fault: 'no picture', isMacs: false },
  // A double holds it, though not its neighbours.
  {
    ...{ ...WHOLE, id: 'v1.5/b', instruction: 'x', fault: undefined, isMacs: false, split: undefined },
    number: 65987985156560456n,
  },
];

it.each(Object.entries(LAYOUTS))('%s: each row comes out of every format or is set aside', (name, layout) =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(oddRow, { selector: ({ id }) => id, minLength: 1, maxLength: 5 }),
      fc.constantFrom(...TARGETS),
      async (given, [format, target]) => {
        const { write, fitted = (row: OddRow) => row, expected = asExpected } = layout;
        const here = await mkdtemp(join(folder, 'odd-'));
        const rows = given.map(fitted);
        // What is no file of a dataset does not lie beside InstructPix2Pix's folders.
        if (!name.startsWith('Instruct')) await put(here, ODD_NAME, picture);
        const source = await open(await write(here, rows));
        const whole = rows.filter(({ fault }) => fault === undefined).map(expected);
        const there = join(folder, `there-${here.slice(-6)}-${target}`);
        const { written, setAside, rows: count } = await convertTo(source, there, format);
        await source.close?.();
        expect({ written, setAside, count }).toEqual({
          ...{ written: whole.length, setAside: rows.length - whole.length, count: rows.length },
        });
        const back = `${there}-back.jsonl`;
        expect(await convertTo(there, back, 'jsonl')).toMatchObject({ written: whole.length, setAside: 0 });
        for (const path of [there, back])
          expect(await contents(path)).toEqual(whole.map((row) => ({ split: undefined, ...row })));
      },
    ),
    // One of each target at least, and some by chance.
    { numRuns: 6, examples: TARGETS.map((target) => [ODD_ROWS, target]) },
  ),
);

it('RewardEdit_20K.json preserves rewards of all kinds or sets them aside', async () => {
  const score = fc.integer({ min: 0, max: 20 }).map((quarters) => quarters / 4);
  const judged = fc.record({
    ...{ instruction: oddText, texts: fc.array(oddText, { minLength: 3, maxLength: 3 }) },
    scores: fc.array(fc.option(score, { freq: 6 }), { minLength: 3, maxLength: 3 }),
  });
  const names = ['following', 'preserving', 'quality'];
  await fc.assert(
    fc.asyncProperty(fc.array(judged, { minLength: 1, maxLength: 5 }), async (rows) => {
      const here = await mkdtemp(join(folder, 'rewards-'));
      const data = `data:image/jpeg;base64,${picture.toString('base64')}`;
      const named = (values: readonly unknown[]) =>
        Object.fromEntries(
          names.flatMap((name, at) => ((values[at] ?? '') === '' ? [] : [[name, values[at]]])),
        );
      const triplets = rows.map(({ instruction, texts, scores }, at) => ({
        ...{ id: `f${at}/${at}`, instruction, original: data, edited: data },
        reward: { scores: named(scores), feedback: named(texts) },
      }));
      const start = await put(here, 'rows.jsonl', triplets.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await convertTo(start, join(here, 'ip2p'), 'instruct-pix2pix');
      const { written, setAside } = await convertTo(start, join(here, 'rewards.json'), 'rewardedit-20k');
      const whole = triplets.filter((_, at) => rows[at].scores.every((value) => value !== null));
      expect([written, setAside]).toEqual([whole.length, rows.length - whole.length]);
      const source = await open(join(here, 'rewards.json'), { images: join(here, 'ip2p') });
      const found = (await rowsOf(source)) as SourceTriplet[];
      expect(found.map(({ record }) => record)).toEqual(
        whole.map(({ id, instruction, reward }) => ({ id, instruction, reward })),
      );
    }),
    { numRuns: 4 },
  );
});

it('shuffled parts of samples are assembled, or refused as not adjacent', async () => {
  const keys = ['a', 'b.2', '2024.05.17'];
  const entries = keys.flatMap((key) =>
    ['original.jpg', 'edited.jpg', 'txt'].map((part) => `${key}.${part}`),
  );
  const anyOrder = fc.shuffledSubarray(entries, { minLength: entries.length });
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyOrder, async (names) => {
      const tar = pack();
      for (const name of names) tar.entry({ name }, name.endsWith('txt') ? 'x' : picture);
      tar.finalize();
      const path = join(folder, 'shuffled.tar');
      await writeFile(path, await bytesOf(tar));
      const outcome = await rowsOf(await open(path)).then(
        (rows) => (rows as SourceTriplet[]).map(({ record }) => record.instruction).join(''),
        (error: Error) => error.message.replace(/^.*(are not adjacent in the tar)$/, '$1'),
      );
      expect(['xxx', 'are not adjacent in the tar']).toContain(outcome);
      outcomes.add(outcome);
    }),
    // As tar packs them in the order of names, and one of the worst.
    {
      numRuns: 20,
      examples: [
        [entries],
        [entries.toSorted((a, b) => (a.at(-1)! < b.at(-1)! ? -1 : 1))],
        // A text that is told to be left out before the pictures of its sample come, and after.
        [[entries[8], ...entries.slice(0, 8)]],
        [[0, 1, 3, 4, 5, 2, 6, 7, 8].map((at) => entries[at])],
      ],
    },
  );
  expect(outcomes.size).toBe(2);
});
