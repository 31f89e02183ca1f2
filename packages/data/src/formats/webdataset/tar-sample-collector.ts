import { RewardEditError } from '@rewardedit/core';
import type { CutName, PartRole } from './tar-parts.ts';

/** Consecutive entries of a tar whose names share a key. */
export type TarSample = { readonly key: string; readonly parts: ReadonlyMap<PartRole, Uint8Array> };

/** Limit on the bytes of samples that are held back because they lack a picture. */
const HELD_BYTES = 64 * 1024 * 1024;

/**
 * Assembles the entries of a tar into samples. A sample that lacks a picture is held back in case the rest of it comes later: its parts are
 * then not adjacent and cannot be assembled from a stream. Throws 'bad-input' in that case.
 */
export function collectSamples(path: string, onLeftOut: (part: string) => void) {
  type Open = { readonly key: string; readonly parts: Map<PartRole, Uint8Array> };
  const finished = new Map<string, ReadonlySet<PartRole>>();
  const held: Open[] = [];
  let heldBytes = 0;
  let current: Open | undefined;
  // Texts that come before the pictures of their sample.
  let pending: Open | undefined;

  function* finish(): Generator<TarSample> {
    if (current === undefined) return;
    const { key, parts } = current;
    assertNeighbours(key, parts);
    finished.set(key, new Set(parts.keys()));
    if (parts.has('original') && parts.has('edited')) yield current;
    else {
      held.push(current);
      heldBytes += bytesOf(current);
    }
    current = undefined;
    while (heldBytes > HELD_BYTES) yield* release();
  }

  function* release(): Generator<TarSample> {
    const [oldest] = held.splice(0, 1);
    heldBytes -= bytesOf(oldest);
    yield oldest;
  }

  function assertNeighbours(key: string, parts: ReadonlyMap<PartRole, Uint8Array>): void {
    const before = finished.get(key);
    // A complete sample that comes twice is another fault, which is found by its id.
    if (before === undefined || [...parts.keys()].some((role) => before.has(role))) return;
    throw new RewardEditError(
      'bad-input',
      `the parts of the sample ${JSON.stringify(key)} are not adjacent in the tar`,
      { where: path, hint: 'pack it sorted by name: tar --sort=name -cf NEW.tar -C FOLDER .' },
    );
  }

  const dropPending = () => {
    if (pending === undefined) return;
    const { key, parts } = pending;
    assertNeighbours(key, parts);
    finished.set(key, new Set([...(finished.get(key) ?? []), ...parts.keys()]));
    for (const role of parts.keys()) onLeftOut(`${key}, ${role}`);
    pending = undefined;
  };

  return {
    /** Adds an entry, and yields the samples that it completes. */
    *add({ key, role, tentative }: CutName, bytes: Uint8Array, where: string): Generator<TarSample> {
      if (tentative && current?.key !== key) {
        if (pending?.key !== key) dropPending();
        pending ??= { key, parts: new Map() };
        pending.parts.set(role, bytes);
        return;
      }
      if (current?.key !== key) {
        yield* finish();
        if (pending?.key !== key) dropPending();
        current = pending ?? { key, parts: new Map() };
        pending = undefined;
      }
      if (current.parts.has(role)) {
        throw new RewardEditError('bad-input', `the sample has two parts for its ${role}`, {
          where,
          hint: 'pack the tar again with one such part per sample',
        });
      }
      current.parts.set(role, bytes);
    },
    /** Yields the remaining samples. */
    *end(): Generator<TarSample> {
      dropPending();
      yield* finish();
      while (held.length > 0) yield* release();
    },
  };
}

function bytesOf({ parts }: TarSample): number {
  return [...parts.values()].reduce((sum, { length }) => sum + length, 0);
}
