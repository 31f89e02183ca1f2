import {
  PERSPECTIVES,
  RewardEditError,
  mapAhead,
  type Emit,
  type Perspective,
  type Triplet,
} from '@rewardedit/core';
import { checkTriplet, type CheckedPicture } from '../formats/rows/checked-triplet.ts';
import { idOf, type SourceRow, type TripletSource } from '../formats/rows/source-triplet.ts';
import { createKeyNumbers, textKey } from '../hashes/index.ts';
import { ROWS_AHEAD } from './dataset-rows.ts';
import { createPairShapes, type PairShapes } from './pair-shapes.ts';
import { createRunning, createTally, type Running } from './running.ts';

export type Counted = readonly { readonly what: string; readonly count: number }[];

export type Inspection = {
  readonly format: string;
  /** All rows, triplets or not. */
  readonly rows: number;
  /** Triplets whose pictures can be read. */
  readonly usable: number;
  /** Fields, and the number of triplets that have them. */
  readonly fields: Counted;
  readonly pictureFormats: Counted;
  /** Sizes in pixels, "width x height". */
  readonly pictureSizes: Counted;
  readonly pictureBytes: ReturnType<Running['summary']>;
  readonly kinds: Counted;
  /** Splits, if the dataset has several. */
  readonly splits: Counted;
  /** Pairs whose pictures differ in size, and those that also differ in shape. */
  readonly pairs: PairShapes;
  /** Length of the instructions in characters. */
  readonly instructionLength: ReturnType<Running['summary']>;
  /** Number of triplets with a score, for each perspective. */
  readonly rewards: Readonly<Record<Perspective, number>>;
  readonly problems: {
    /** Rows that cannot be used. */
    readonly unusable: number;
    readonly duplicateIds: number;
    /** Triplets with an empty instruction. */
    readonly emptyInstructions: number;
    readonly examples: readonly { readonly id: string; readonly where: string; readonly reason: string }[];
  };
  readonly examples: readonly { readonly id: string; readonly instruction: string; readonly kind?: string }[];
  readonly notes: readonly string[];
};

const EXAMPLES = 3;
const PROBLEMS = 5;
const DIFFERENT = 1000;
const TOP = 10;

type Options = {
  /** Decode every picture instead of reading only its header. */
  readonly decode?: boolean;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
};

/** Inspects all rows of a dataset, in constant memory except for the ids. Throws 'bad-input' if it is damaged. */
export async function inspectSource(
  source: TripletSource,
  { decode = false, emit, signal }: Options = {},
): Promise<Inspection> {
  const [fields, formats, sizes, kinds, splits] = Array.from({ length: 5 }, () => createTally(DIFFERENT));
  const pairs = createPairShapes();
  const [bytes, lengths] = [createRunning(), createRunning()];
  const rewards = Object.fromEntries(PERSPECTIVES.map((name) => [name, 0])) as Record<Perspective, number>;
  const ids = createKeyNumbers();
  const problems = {
    unusable: 0,
    duplicateIds: 0,
    emptyInstructions: 0,
    examples: [] as { id: string; where: string; reason: string }[],
  };
  const examples: { id: string; instruction: string; kind?: string }[] = [];
  const problem = (row: SourceRow, reason: string) => {
    if (problems.examples.length < PROBLEMS)
      problems.examples.push({ id: idOf(row), where: row.where, reason });
  };
  const addPicture = ({ format, width, height, bytes: { length } }: CheckedPicture) => {
    formats.add(format.name);
    sizes.add(`${width} x ${height}`);
    bytes.add(length);
  };
  const addRecord = ({
    id,
    instruction,
    kind,
    split,
    reward,
    ...rest
  }: Omit<Triplet, 'original' | 'edited' | 'truth'>) => {
    for (const [name, value] of Object.entries({ id, instruction, kind, split, reward, ...rest }))
      if (value !== undefined) fields.add(name);
    kinds.add(kind ?? 'none');
    if (split !== undefined) splits.add(split);
    lengths.add(instruction.length);
    for (const name of PERSPECTIVES) if (reward?.scores[name] !== undefined) rewards[name] += 1;
    if (examples.length < EXAMPLES) examples.push({ id, instruction, ...(kind !== undefined && { kind }) });
  };

  let rows = 0;
  const checked = mapAhead(
    source.rows(),
    async (row) => ({ row, pictures: await picturesOf(row, decode) }),
    ROWS_AHEAD,
  );
  for await (const { row, pictures } of checked) {
    if (signal?.aborted === true) throw new RewardEditError('interrupted', `stopped after ${rows} rows`);
    rows += 1;
    emit?.({ type: 'progress', done: rows });
    const known = ids.size();
    if (ids.add(textKey(idOf(row))) < known) {
      problems.duplicateIds += 1;
      problem(row, 'an earlier row has the same id');
    }
    if (!('unusable' in row)) {
      addRecord(row.record);
      for (const name of Object.keys(row.extra)) fields.add(name);
      if (row.record.instruction.trim() === '') {
        problems.emptyInstructions += 1;
        problem(row, 'the instruction is empty');
      }
    }
    if (typeof pictures === 'string') {
      problems.unusable += 1;
      problem(row, pictures);
    } else {
      for (const picture of pictures) addPicture(picture);
      const [original, edited] = pictures;
      pairs.add(original, edited);
    }
  }
  const counted = (tally: ReturnType<typeof createTally>): Counted => [
    ...tally.top(TOP).map(([what, count]) => ({ what, count })),
  ];
  return {
    format: source.format,
    rows,
    usable: rows - problems.unusable,
    fields: fields.top(DIFFERENT).map(([what, count]) => ({ what, count })),
    pictureFormats: counted(formats),
    pictureSizes: counted(sizes),
    pictureBytes: bytes.summary(),
    kinds: counted(kinds),
    splits: counted(splits),
    pairs: pairs.summary(),
    instructionLength: lengths.summary(),
    rewards,
    problems,
    examples,
    notes: source.notes(),
  };
}

/** Reads the pictures of a row, or returns why it cannot be used. */
async function picturesOf(row: SourceRow, decode: boolean): Promise<readonly CheckedPicture[] | string> {
  if ('unusable' in row) return row.unusable;
  try {
    const { original, edited, truth } = (await checkTriplet(row, { decode })).pictures;
    return [original, edited, ...(truth === undefined ? [] : [truth])];
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    return error.where === undefined ? error.message : `${error.message} (${error.where})`;
  }
}
