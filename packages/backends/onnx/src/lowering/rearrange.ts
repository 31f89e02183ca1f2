import type { Emitter, Value } from './emitter.ts';

/** Swaps the first two of four axes: pictures by channel, or a weight [O, C, KH, KW] as [C, O, KH, KW]. */
export function channelsExchanged(emitter: Emitter, value: Value): Value {
  return emitter.emit('Transpose', [value], { attributes: { perm: [1, 0, 2, 3] } });
}

/** Every `step`-th element along an axis, from `start` to before `end`. */
export function sliced(
  emitter: Emitter,
  x: Value,
  { axis, start, end, step = 1 }: { axis: number; start: number; end: number; step?: number },
): Value {
  return emitter.emit('Slice', [x, ...[[start], [end], [axis], [step]].map(emitter.indices)]);
}
