/** The items, of those in `among` or of all, for which both have a value. */
export function bothRated(x: Float64Array, y: Float64Array, among = allItems(x.length)): Int32Array {
  return among.filter((item) => !Number.isNaN(x[item]) && !Number.isNaN(y[item]));
}

/** The values of some items. */
export function select(values: Float64Array, items: Int32Array): Float64Array {
  const selected = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) selected[i] = values[items[i]];
  return selected;
}

function allItems(count: number): Int32Array {
  const items = new Int32Array(count);
  for (let item = 0; item < count; item++) items[item] = item;
  return items;
}
