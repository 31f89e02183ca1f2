import { RewardEditError, mapAhead, type Emit } from '@rewardedit/core';
import { checkTriplet, type CheckedTriplet } from '../rows/checked-triplet.ts';
import { createKeyNumbers, textKey } from '../../hashes/index.ts';
import { idOf, type SourceRow, type TripletSource, type UnusableRow } from '../rows/source-triplet.ts';
import type { TripletSink } from './triplet-sink.ts';

export type ConvertOptions = {
  readonly source: TripletSource;
  readonly sink: TripletSink;
  /** Decode every picture instead of reading only its header. */
  readonly decode?: boolean;
  /** Receives the progress and the rows that are set aside. */
  readonly emit?: Emit;
  /** Stops with an 'interrupted' error after the triplets in flight. */
  readonly signal?: AbortSignal;
};

export type ConvertSummary = {
  /** Rows of the source, written or set aside. */
  readonly rows: number;
  readonly written: number;
  readonly setAside: number;
  /** Rows of both kinds that an earlier, stopped call had dealt with. */
  readonly before: number;
};

/** Number of triplets whose pictures are in memory at once. */
const IN_FLIGHT = 8;

/**
 * Reads all triplets of a source and writes them, pictures byte for byte. A row that is not a triplet, or whose pictures are missing or
 * unreadable, is set aside with the reason. No row is replaced or dropped silently.
 *
 * Throws 'bad-input' if the source is damaged or an id occurs twice (naming both places), 'interrupted' once `signal` is aborted.
 */
export async function convert(options: ConvertOptions): Promise<ConvertSummary> {
  const { source, sink, decode = false, emit, signal } = options;
  const counts = { rows: 0, written: 0, setAside: 0, before: 0 };
  const tell = () => {
    const { written, setAside, before } = counts;
    emit?.({ type: 'progress', done: written + setAside, before });
  };

  async function* rowsToDo(): AsyncGenerator<SourceRow> {
    for await (const row of uniqueRows(source)) {
      if (signal?.aborted === true) throw stopped(counts.written);
      counts.rows += 1;
      const before = sink.before(idOf(row));
      if (before === undefined) {
        yield row;
        continue;
      }
      counts[before] += 1;
      counts.before += 1;
      tell();
    }
  }

  try {
    for await (const row of mapAhead(rowsToDo(), (next) => checkedOrUnusable(next, decode), IN_FLIGHT)) {
      const checked = 'unusable' in row ? row : (refusedRow(sink, row) ?? row);
      if ('unusable' in checked) {
        await sink.setAside(checked);
        counts.setAside += 1;
        emit?.({ type: 'quarantined', id: checked.id, reason: checked.unusable });
      } else {
        await sink.write(checked);
        counts.written += 1;
      }
      tell();
    }
    assertNothingLost(counts);
    await sink.finish();
    const { written, setAside } = counts;
    emit?.({ type: 'metric', name: 'triplets', value: written, n: written, missing: setAside });
    return counts;
  } finally {
    await sink.close();
  }
}

/** Every row is either written or set aside. */
function assertNothingLost({ rows, written, setAside }: ConvertSummary): void {
  if (rows === written + setAside) return;
  throw new RewardEditError(
    'failed',
    `of ${rows} rows, ${written} were written and ${setAside} set aside, which is a bug in this program`,
    { hint: 'report it with the command and the format of the dataset' },
  );
}

function refusedRow(sink: TripletSink, triplet: CheckedTriplet): UnusableRow | undefined {
  const unusable = sink.refuses?.(triplet);
  return unusable === undefined ? undefined : { id: triplet.record.id, where: triplet.where, unusable };
}

/** Yields all rows. Throws 'bad-input' at an id that occurred before. */
async function* uniqueRows(source: TripletSource): AsyncGenerator<SourceRow> {
  const ids = createKeyNumbers();
  for await (const row of source.rows()) {
    const id = idOf(row);
    const known = ids.size();
    if (ids.add(textKey(id)) < known) throw await duplicate(source, id, row);
    yield row;
  }
}

async function checkedOrUnusable(row: SourceRow, decode: boolean): Promise<CheckedTriplet | UnusableRow> {
  if ('unusable' in row) return row;
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
    hint: 'the same command resumes, or starts over if the format cannot be resumed',
  });
}

/** Searches the source again for the first place, because remembering all places would take too much memory. */
async function duplicate(source: TripletSource, id: string, second: SourceRow): Promise<RewardEditError> {
  const { where } = second;
  let first = second;
  for await (const row of source.rows()) {
    if (idOf(row) !== id) continue;
    first = row;
    break;
  }
  const [one, other] = [first, second].map((row) => ('unusable' in row ? undefined : row.record.split));
  return new RewardEditError(
    'bad-input',
    `two triplets have the id ${id}: at ${first.where} and at ${where}`,
    {
      where,
      hint:
        other !== undefined && one !== other
          ? `each split has its own ids: read one at a time, such as --split ${other}`
          : 'give each triplet its own id, or choose another id column: --columns id=COLUMN',
    },
  );
}
