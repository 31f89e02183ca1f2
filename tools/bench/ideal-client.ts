/**
 * Returns the time of an ideal client for the same work: each triplet's calls back to back, each triplet in
 * the slot that is free first, in the order of the triplets. Without knowing which calls will be slow, no
 * client does better in general. The end counts: a call that hangs in the last second keeps its slot while
 * all others are empty.
 *
 * @param work seconds of the calls per triplet.
 * @param places the number of slots, which is the concurrency.
 */
export function idealSeconds(work: readonly number[], places: number): number {
  const freeAt = new Float64Array(Math.max(1, Math.min(places, work.length)));
  for (const seconds of work) takeFirst(freeAt, seconds);
  return freeAt.reduce((latest, at) => Math.max(latest, at), 0);
}

/** Adds work to the slot that is free first, the top of the heap. */
function takeFirst(heap: Float64Array, seconds: number): void {
  const at = heap[0] + seconds;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const child = left + Number(left + 1 < heap.length && heap[left + 1] < heap[left]);
    if (child >= heap.length || heap[child] >= at) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = at;
}
