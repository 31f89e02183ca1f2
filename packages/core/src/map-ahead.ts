/**
 * Maps items in their order while up to `ahead` of them are under way at once. An error ends it; those under way are waited
 * for first.
 */
export async function* mapAhead<In, Out>(
  items: AsyncIterable<In>,
  map: (item: In) => Promise<Out>,
  ahead: number,
): AsyncGenerator<Out> {
  const inFlight: Promise<Out>[] = [];
  try {
    for await (const item of items) {
      const mapped = map(item);
      // Handled when its turn comes; until then a failure must not end the process.
      mapped.catch(() => undefined);
      inFlight.push(mapped);
      if (inFlight.length >= ahead) yield await inFlight.shift()!;
    }
    while (inFlight.length > 0) yield await inFlight.shift()!;
  } finally {
    await Promise.allSettled(inFlight);
  }
}
