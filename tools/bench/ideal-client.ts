/**
 * How long an ideal client takes for the same work: each triplet's calls one right after the other, each triplet on the place that is
 * free first, in the order of the triplets. No client that does not know which calls will take long does better in general, and the end
 * is part of it: a call that hangs in the last second keeps its place while all others are empty.
 *
 * @param work seconds that the calls about each triplet take.
 * @param places calls at once.
 */
export function idealSeconds(work: readonly number[], places: number): number {
  const freeAt = new Float64Array(Math.max(1, Math.min(places, work.length)));
  for (const seconds of work) takeFirst(freeAt, seconds);
  return freeAt.reduce((latest, at) => Math.max(latest, at), 0);
}

/** Gives the place that is free first, which is the top of the heap, so much more work. */
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
