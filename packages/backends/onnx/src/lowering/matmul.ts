import type { Shape } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';

/** A value with its shape. */
export interface Operand {
  readonly value: Value;
  readonly shape: Shape;
}

export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The last two axes exchanged. */
function exchanged(emitter: Emitter, { value, shape }: Operand): Value {
  const order = [...shape.keys()];
  return emitter.emit('Transpose', [value], {
    attributes: { perm: [...order.slice(0, -2), ...order.slice(-2).reverse()] },
  });
}

/** The product of matrices, by ONNX Runtime's own op where that spares moving a transposed one in memory. */
export function product(
  emitter: Emitter,
  a: Operand,
  b: Operand,
  { transposeA = false, transposeB = false }: ProductOptions = {},
): Value {
  if (!transposeA && !transposeB) return emitter.emit('MatMul', [a.value, b.value]);
  if (emitter.fusedMatMul) {
    return emitter.emit('FusedMatMul', [a.value, b.value], {
      domain: 'com.microsoft',
      attributes: { transA: Number(transposeA), transB: Number(transposeB) },
    });
  }
  return emitter.emit('MatMul', [
    transposeA ? exchanged(emitter, a) : a.value,
    transposeB ? exchanged(emitter, b) : b.value,
  ]);
}

export const matmul: Lowering<'matmul'> = (emitter, [a, b], { inputs, attributes }) =>
  product(emitter, { value: a, shape: inputs[0].shape }, { value: b, shape: inputs[1].shape }, attributes);
