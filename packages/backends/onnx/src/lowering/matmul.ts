import { sameShape, type DType, type MatmulAttributes, type Shape, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { filling, scalar } from './leaf.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

/** A value with its shape. */
export interface Operand {
  readonly value: Value;
  readonly shape: Shape;
}

export interface ProductOptions extends Partial<MatmulAttributes> {
  /** Factor of the product. */
  readonly scale?: number;
  readonly dtype?: DType;
}

/**
 * When transposing the result is faster than transposing the left operand (measured): up to this many
 * columns, and far more rows.
 */
const NARROW = { columns: 16, rowsPerColumn: 8 };

/** Whether a product of a transposed matrix is tall and narrow. */
function isNarrow({ shape: left }: Operand, { shape: right }: Operand): boolean {
  const [rows, columns] = [left.at(-1)!, right.at(-1)!];
  const isTall = rows >= NARROW.rowsPerColumn * columns;
  return left.length === right.length && columns <= NARROW.columns && isTall;
}

/** Swaps the last two axes. */
function exchanged(emitter: Emitter, { value, shape }: Operand): Value {
  const order = [...shape.keys()];
  return emitter.emit('Transpose', [value], {
    attributes: { perm: [...order.slice(0, -2), ...order.slice(-2).reverse()] },
  });
}

/**
 * A matrix product. ONNX Runtime's FusedMatMul reads a transposed operand in place and includes a factor; for
 * providers without it, both are separate nodes.
 */
export function product(
  emitter: Emitter,
  a: Operand,
  b: Operand,
  { transposeA = false, transposeB = false, scale = 1, dtype = 'f32' }: ProductOptions = {},
): Value {
  if (!transposeA && !transposeB && scale === 1) return emitter.emit('MatMul', [a.value, b.value]);
  if (emitter.fusedMatMul) {
    const fused = (operands: readonly Operand[], transA: boolean, transB: boolean) =>
      emitter.emit(
        'FusedMatMul',
        operands.map(({ value }) => value),
        {
          domain: 'com.microsoft',
          attributes: { transA: Number(transA), transB: Number(transB), alpha: { float: scale } },
        },
      );
    if (!transposeA || transposeB || !isNarrow(a, b)) return fused([a, b], transposeA, transposeB);
    return exchanged(emitter, { value: fused([b, a], true, false), shape: b.shape });
  }
  const scaled = scale === 1 ? a.value : emitter.emit('Mul', [a.value, scalar(emitter, scale, dtype)]);
  return emitter.emit('MatMul', [
    transposeA ? exchanged(emitter, { ...a, value: scaled }) : scaled,
    transposeB ? exchanged(emitter, b) : b.value,
  ]);
}

/** Splits a tensor into a factor and another tensor, if it is such a product. */
function unscaled(tensor: Tensor): { scale: number; of: Tensor } {
  if (isNodeOf(tensor, 'mul')) {
    for (const [operand, factor] of [tensor.inputs, tensor.inputs.toReversed()]) {
      const scale = filling(factor);
      if (scale !== undefined && sameShape(operand.shape, tensor.shape)) return { scale, of: operand };
    }
  }
  return { scale: 1, of: tensor };
}

function lowered(
  { inputs, attributes }: Tensor<MatmulAttributes>,
  scale: number,
  emitter: Emitter,
  graph: GraphView,
): Value {
  const [a, b] = inputs.map((operand) =>
    emitter.fusedMatMul ? unscaled(operand) : { scale: 1, of: operand },
  );
  const operand = ({ of }: { of: Tensor }) => ({ value: graph.valueOf(of), shape: of.shape });
  return product(emitter, operand(a), operand(b), { ...attributes, scale: scale * a.scale * b.scale });
}

export const matmul: Lowering<'matmul'> = (emitter, _, tensor, graph) => lowered(tensor, 1, emitter, graph);

/**
 * A product of two matrices whose only use is the sum with a row, as in a linear layer with a bias: the op
 * accumulates onto the row.
 */
export function biasedProduct(
  emitter: Emitter,
  { inputs: [sum, bias], shape, dtype }: Tensor,
  graph: GraphView,
): Value | undefined {
  const matrix = isNodeOf(sum, 'reshape') && graph.uses(sum) === 1 ? sum.inputs[0] : sum;
  if (!isNodeOf(matrix, 'matmul') || graph.uses(matrix) > 1 || dtype !== 'f32') return undefined;
  const rowLike = bias.shape.length === 1 && bias.shape[0] === matrix.shape[1];
  const joins = matrix.inputs.every((operand) => operand.shape.length === 2);
  if (!rowLike || !joins || shape[shape.length - 1] !== bias.shape[0]) return undefined;
  const { transposeA, transposeB } = matrix.attributes;
  const result = emitter.emit('Gemm', [...matrix.inputs, bias].map(graph.valueOf), {
    attributes: { transA: Number(transposeA), transB: Number(transposeB) },
  });
  return matrix === sum ? result : emitter.emit('Reshape', [result, emitter.indices(shape)]);
}

/** A product whose only use is times a number, as one op; a product with one is its operand. */
export function scaledProduct(emitter: Emitter, tensor: Tensor, graph: GraphView): Value | undefined {
  const { scale, of } = unscaled(tensor);
  if (of === tensor) return undefined;
  if (scale === 1) return graph.valueOf(of);
  const fuses = isNodeOf(of, 'matmul') && emitter.fusedMatMul && graph.uses(of) === 1;
  return fuses ? lowered(of, scale, emitter, graph) : undefined;
}
