import { sizeOf, type OpName, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import { filling } from './leaf.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

type Reduction = Extract<OpName, 'sum' | 'max'>;

/** ONNX would reduce over all axes if none are given. */
function reduction<Name extends Reduction>(op: string): Lowering<Name> {
  return (emitter, [x], { attributes: { axes } }) =>
    axes.length === 0 ? x : emitter.emit(op, [x, emitter.indices(axes)], { attributes: { keepdims: 1 } });
}

export const sum: Lowering<'sum'> = inSinglePrecision(reduction<'sum'>('ReduceSum'));
export const max: Lowering<'max'> = reduction('ReduceMax');

/** A sum whose only use is the division by the number of elements. */
export function meanOf(emitter: Emitter, { inputs }: Tensor, graph: GraphView): Value | undefined {
  const [total, factor] = inputs;
  if (!isNodeOf(total, 'sum') || graph.uses(total) > 1) return undefined;
  const [x] = total.inputs;
  if (x.dtype !== 'f32') return undefined;
  const { axes } = total.attributes;
  if (axes.length === 0 || filling(factor) !== sizeOf(total.shape) / sizeOf(x.shape)) return undefined;
  return emitter.emit('ReduceMean', [graph.valueOf(x), emitter.indices(axes)], {
    attributes: { keepdims: 1 },
  });
}
