import type { OpName } from '@rewardedit/graph';
import { inSinglePrecision } from './half-precision.ts';
import type { Lowering } from './lowering.ts';

type Reduction = Extract<OpName, 'sum' | 'max'>;

/** Over no axes at all, ONNX would reduce over all of them. */
function reduction<Name extends Reduction>(op: string): Lowering<Name> {
  return (emitter, [x], { attributes: { axes } }) =>
    axes.length === 0 ? x : emitter.emit(op, [x, emitter.indices(axes)], { attributes: { keepdims: 1 } });
}

export const sum: Lowering<'sum'> = inSinglePrecision(reduction<'sum'>('ReduceSum'));
export const max: Lowering<'max'> = reduction('ReduceMax');
