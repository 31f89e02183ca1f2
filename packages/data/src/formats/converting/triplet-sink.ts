import type { CheckedTriplet } from '../rows/checked-triplet.ts';
import type { UnusableRow } from '../rows/source-triplet.ts';

/** The destination of a conversion. Nothing appears under the target's name before `finish`. */
export type TripletSink = {
  /** What an earlier, stopped call did with this triplet, if anything. */
  before(id: string): 'written' | 'setAside' | undefined;
  /** Path of the final list of rows set aside. */
  readonly quarantine: string;
  /** Returns why the format cannot hold a triplet, which is then set aside; undefined if it can. */
  refuses?(triplet: CheckedTriplet): string | undefined;
  write(triplet: CheckedTriplet): Promise<void>;
  /** Adds a row to the list of rows set aside. */
  setAside(row: UnusableRow): Promise<void>;
  /** Moves everything written to the target, atomically. */
  finish(): Promise<void>;
  /** Must be called at the end, also after a failure. Keeps unfinished work that can be resumed. */
  close(): Promise<void>;
  /** What the format could not hold. */
  notes(): readonly string[];
};
