import { RewardEditError } from '@rewardedit/core';
import { checkTriplet, type CheckedTriplet } from './checked-triplet.ts';
import { idOf, type TripletSource, type UnusableRow } from './source-triplet.ts';
import type { TripletSink } from './triplet-sink.ts';

export type ConvertOptions = {
  readonly source: TripletSource;
  readonly sink: TripletSink;
  /** Decode every pixel of every picture, where otherwise their headers are read. */
  readonly decode?: boolean;
  /** Told of the rows done, and of those set aside. */
  readonly onProgress?: (done: number) => void;
  readonly onSetAside?: (row: UnusableRow) => void;
  /** Stops after the triplets in flight, with an 'interrupted' error. */
  readonly signal?: AbortSignal;
};

export type ConvertSummary = {
  /** Triplets in the target. */
  readonly written: number;
  /** Rows that were set aside. */
  readonly setAside: number;
  /** Those of both that an earlier call, which was stopped, had dealt with. */
  readonly before: number;
};

/** So many triplets have their pictures in memory at once. */
const IN_FLIGHT = 8;

/**
 * Reads all triplets of a source and writes them, pictures byte for byte. A row that is no triplet, or whose pictures are missing
 * or unreadable, is set aside with the reason; none is replaced or left out in silence.
 *
 * Throws 'bad-input' where the source is damaged or an id occurs twice (naming both places), 'interrupted' when `signal` says so.
 */
export async function convert(options: ConvertOptions): Promise<ConvertSummary> {
  const { source, sink, decode = false, onProgress, onSetAside, signal } = options;
  const counts = { written: 0, setAside: 0, before: 0 };
  const ids = new Set<string>();
  const inFlight: Promise<CheckedTriplet | UnusableRow>[] = [];
  const tell = () => onProgress?.(counts.written + counts.setAside);
  const setAside = async (row: UnusableRow) => {
    await sink.setAside(row);
    counts.setAside += 1;
    onSetAside?.(row);
  };
  const settleFirst = async () => {
    const row = await inFlight.shift()!;
    if ('unusable' in row) await setAside(row);
    else {
      const refused = sink.refuses?.(row);
      if (refused === undefined) {
        await sink.write(row);
        counts.written += 1;
      } else await setAside({ id: row.record.id, where: row.where, unusable: refused });
    }
    tell();
  };

  try {
    for await (const row of source.rows()) {
      if (signal?.aborted === true) throw stopped(counts.written);
      const id = idOf(row);
      if (ids.has(id)) throw await duplicate(source, id, row.where);
      ids.add(id);
      const before = sink.before(id);
      if (before !== undefined) {
        counts[before] += 1;
        counts.before += 1;
        tell();
        continue;
      }
      const checked = 'unusable' in row ? Promise.resolve(row) : checkedOrUnusable(row, decode);
      // Handled when its turn comes; until then a failure must not end the process.
      checked.catch(() => undefined);
      inFlight.push(checked);
      if (inFlight.length >= IN_FLIGHT) await settleFirst();
    }
    while (inFlight.length > 0) await settleFirst();
    await sink.finish();
    return counts;
  } finally {
    await Promise.allSettled(inFlight);
    await sink.close();
  }
}

async function checkedOrUnusable(
  row: Parameters<typeof checkTriplet>[0],
  decode: boolean,
): Promise<CheckedTriplet | UnusableRow> {
  try {
    return await checkTriplet(row, { decode });
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    const place = error.where === undefined || error.where === row.where ? '' : ` (${error.where})`;
    return { id: row.record.id, where: row.where, unusable: `${error.message}${place}` };
  }
}

function stopped(written: number): RewardEditError {
  return new RewardEditError('interrupted', `stopped after ${written} triplets`, {
    hint: 'the same command goes on, or begins anew where the format cannot be continued',
  });
}

/** The first place is looked up again: to remember all of them would take as much memory as the rows. */
async function duplicate(source: TripletSource, id: string, where: string): Promise<RewardEditError> {
  let first = where;
  for await (const row of source.rows()) {
    if (idOf(row) !== id) continue;
    first = row.where;
    break;
  }
  return new RewardEditError('bad-input', `two triplets have the id ${id}: at ${first} and at ${where}`, {
    where,
    hint: 'ids tell triplets apart: give each its own, or choose other id columns',
  });
}
