/**
 * Maps items in order, with up to `ahead` of them in flight. An error ends the iteration once all items in flight have settled.
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
      // A rejection is handled when its turn comes; until then it must not end the process.
      mapped.catch(() => undefined);
      inFlight.push(mapped);
      if (inFlight.length >= ahead) yield await inFlight.shift()!;
    }
    while (inFlight.length > 0) yield await inFlight.shift()!;
  } finally {
    await Promise.allSettled(inFlight);
  }
}
