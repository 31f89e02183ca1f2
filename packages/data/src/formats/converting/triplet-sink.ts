import type { CheckedTriplet } from '../rows/checked-triplet.ts';
import type { UnusableRow } from '../rows/source-triplet.ts';

/** Where triplets of a conversion go. Nothing is seen under the target's name before `finish`. */
export type TripletSink = {
  /** What an earlier call, which was stopped, did with this triplet, if anything. */
  before(id: string): 'written' | 'setAside' | undefined;
  /** Where the rows that were set aside are listed in the end. */
  readonly quarantine: string;
  /** Why the format cannot hold a triplet, which is then set aside; undefined where it can. */
  refuses?(triplet: CheckedTriplet): string | undefined;
  write(triplet: CheckedTriplet): Promise<void>;
  /** Lists a row among those set aside. */
  setAside(row: UnusableRow): Promise<void>;
  /** Puts what was written in its place, whole. */
  finish(): Promise<void>;
  /** To be called at the end, well or not: what was begun is kept where it can be continued. */
  close(): Promise<void>;
  /** What got lost on the way, in words. */
  notes(): readonly string[];
};
