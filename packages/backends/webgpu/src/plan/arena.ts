/** The steps of a plan, inclusive, during which a value needs memory. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** A segment, and an offset in bytes. */
export interface Placement {
  readonly segment: number;
  readonly offset: number;
}

export interface Arena {
  /** One per lifetime. */
  readonly placements: readonly Placement[];
  /** Bytes of each segment. */
  readonly segments: readonly number[];
}

/**
 * Plans the arena: values with disjoint lifetimes share memory. First fit by decreasing size.
 *
 * @param alignment offsets are multiples of this.
 * @param maxSegment no segment is larger, unless a single value is.
 */
export function layOut(
  lifetimes: readonly Lifetime[],
  { alignment, maxSegment }: { alignment: number; maxSegment: number },
): Arena {
  const placements: Placement[] = [];
  const segments: number[] = [];
  const placed: { segment: number; start: number; end: number; lifetime: Lifetime }[] = [];
  const order = [...lifetimes.keys()].sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || a - b);
  for (const i of order) {
    const lifetime = lifetimes[i];
    const bytes = Math.ceil(lifetime.bytes / alignment) * alignment;
    const alive = placed.filter(
      ({ lifetime: other }) => other.first <= lifetime.last && lifetime.first <= other.last,
    );
    for (let segment = 0; ; segment++) {
      const offset = firstGap(
        alive.filter((other) => other.segment === segment),
        bytes,
      );
      if (offset + bytes > maxSegment && offset > 0) continue;
      placements[i] = { segment, offset };
      segments[segment] = Math.max(segments[segment] ?? 0, offset + bytes);
      placed.push({ segment, start: offset, end: offset + bytes, lifetime });
      break;
    }
  }
  return { placements, segments };
}

function firstGap(taken: readonly { start: number; end: number }[], bytes: number): number {
  let offset = 0;
  for (const { start, end } of [...taken].sort((a, b) => a.start - b.start)) {
    if (offset + bytes <= start) break;
    offset = Math.max(offset, end);
  }
  return offset;
}
