import type { MonotoneMap } from '@rewardedit/annotate';

type Block = { first: number; last: number; sum: number; count: number };

/**
 * Isotonic regression: the non-decreasing map closest to the points in the sum of squares, by pooling adjacent violators (Best
 * and Chakravarti, "Active set algorithms for isotonic regression", 1990). Points with the same x are merged at their mean. A
 * block of points at one height keeps the knots at its two ends; values between two blocks are interpolated.
 *
 * @throws RangeError if there are no points.
 */
export function fitIsotonic(x: Float64Array, y: Float64Array): MonotoneMap {
  if (x.length === 0) throw new RangeError('there are no points to fit a map to');
  const order = Int32Array.from(x.keys()).sort((a, b) => x[a] - x[b]);
  const blocks: Block[] = [];
  const heightOf = ({ sum, count }: Block) => sum / count;
  for (const i of order) {
    const last = blocks.at(-1);
    if (last !== undefined && last.last === x[i] && last.first === x[i]) {
      last.sum += y[i];
      last.count += 1;
    } else {
      blocks.push({ first: x[i], last: x[i], sum: y[i], count: 1 });
    }
  }
  const pooled: Block[] = [];
  for (const block of blocks) {
    let top = block;
    while (pooled.length > 0 && heightOf(pooled.at(-1)!) >= heightOf(top)) {
      const below = pooled.pop()!;
      top = {
        first: below.first,
        last: top.last,
        sum: below.sum + top.sum,
        count: below.count + top.count,
      };
    }
    pooled.push(top);
  }
  const knots = pooled.flatMap((block): (readonly [number, number])[] =>
    block.first === block.last
      ? [[block.first, heightOf(block)]]
      : [
          [block.first, heightOf(block)],
          [block.last, heightOf(block)],
        ],
  );
  return { x: knots.map(([at]) => at), y: knots.map(([, height]) => height) };
}
