/** Works on items some way ahead of where they are wanted; results come in the order of the items. */
export async function* ahead<Item, Result>(
  items: AsyncIterable<Item>,
  count: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Told where the result is wanted; nobody may want it any more.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length >= count) yield await underWay.shift()!;
  }
  for (const result of underWay) yield await result;
}
