import { broadcastShapes, sizeOf, type Shape } from '@rewardedit/graph';
import { ELEMENT_TYPES, type ElementType, type OnnxModel, type OnnxNode } from '../model/onnx-model.ts';

/** The properties of an ONNX value that affect its memory. */
export interface Value {
  readonly shape: Shape;
  readonly elementBytes: number;
}

export function bytesOfValue({ shape, elementBytes }: Value): number {
  return sizeOf(shape) * elementBytes;
}

const ELEMENT_BYTES: Record<ElementType, number> = { f32: 4, f16: 2, i32: 4, i64: 8, bool: 1 };

/** A node, and what its shape rule may use. */
interface Context {
  readonly node: OnnxNode;
  readonly inputs: readonly Value[];
  /** The integers of a constant input: a shape, axes, positions. */
  readonly numbers: (input: number) => readonly number[];
}

type Rule = (context: Context) => Shape;

const first: Rule = ({ inputs: [x] }) => x.shape;
const joint: Rule = ({ inputs }) =>
  inputs.reduce<Shape>((all, { shape }) => broadcastShapes(all, shape) ?? all, []);

/**
 * The shape of the first output of each op that lowerings emit, unless it is the broadcast shape of the
 * operands.
 */
const SHAPES: Readonly<Record<string, Rule>> = {
  Reshape: ({ inputs: [x], numbers }) => {
    const sizes = numbers(1);
    const known = sizeOf(sizes.filter((size) => size !== -1));
    return sizes.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  },
  Transpose: ({ node, inputs: [x] }) => listOf(node, 'perm').map((axis) => x.shape[axis]),
  Slice: ({ inputs: [x], numbers }) => {
    const [starts, ends] = [numbers(1), numbers(2)];
    const axes = numbers(3);
    const steps = numbers(4);
    return axesOr(axes, starts).reduce<Shape>((shape, axis, i) => {
      const size = shape[axis];
      const place = (at: number) => Math.max(Math.min(at < 0 ? at + size : at, size), -1);
      const step = steps[i] ?? 1;
      return shape.with(axis, Math.ceil(Math.abs(place(ends[i]) - place(starts[i])) / Math.abs(step)));
    }, x.shape);
  },
  Concat: ({ node, inputs }) => {
    const axis = numberOf(node, 'axis');
    return inputs[0].shape.with(
      axis,
      inputs.reduce((total, { shape }) => total + shape[axis], 0),
    );
  },
  Expand: ({ inputs: [x], numbers }) => broadcastShapes(x.shape, numbers(1)) ?? numbers(1),
  Pad: ({ inputs: [x], numbers }) => {
    const pads = numbers(1);
    return x.shape.map((size, axis) => size + pads[axis] + pads[axis + x.shape.length]);
  },
  Gather: ({ node, inputs: [table, indices] }) => {
    const axis = numberOf(node, 'axis');
    return [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)];
  },
  ScatterElements: first,
  Squeeze: () => [],
  Resize: ({ numbers }) => numbers(3),
  MatMul: ({ inputs }) => product(inputs, false, false),
  FusedMatMul: ({ node, inputs }) =>
    product(inputs, numberOf(node, 'transA') === 1, numberOf(node, 'transB') === 1),
  Gemm: ({ node, inputs }) => product(inputs, numberOf(node, 'transA') === 1, numberOf(node, 'transB') === 1),
  Conv: ({ node, inputs: [x, weight] }) => {
    const [kernel, pads, strides] = [
      listOf(node, 'kernel_shape'),
      listOf(node, 'pads'),
      listOf(node, 'strides'),
    ];
    const side = (axis: number) => {
      const padded = x.shape[2 + axis] + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
      return Math.floor((padded - kernel[axis]) / (strides[axis] ?? 1)) + 1;
    };
    return [x.shape[0], weight.shape[0], side(0), side(1)];
  },
  ConvTranspose: ({ node, inputs: [x, weight] }) => {
    const [kernel, pads] = [listOf(node, 'kernel_shape'), listOf(node, 'pads')];
    const [strides, rest] = [listOf(node, 'strides'), listOf(node, 'output_padding')];
    const side = (axis: number) =>
      (x.shape[2 + axis] - 1) * strides[axis] + kernel[axis] + rest[axis] - pads[axis] - pads[axis + 2];
    return [x.shape[0], weight.shape[1], side(0), side(1)];
  },
  ReorderInput: first,
  ReorderOutput: first,
  LayerNormalization: first,
  ReduceSum: reduced,
  ReduceMean: reduced,
  ReduceMax: reduced,
};

/** Ops whose result type differs from their first operand's. */
const RESULT_BYTES: Readonly<Record<string, (node: OnnxNode, inputs: readonly Value[]) => number>> = {
  Cast: (node) => {
    const type = Object.entries(ELEMENT_TYPES).find(([, number]) => number === node.attributes['to'])!;
    return ELEMENT_BYTES[type[0] as ElementType];
  },
  Greater: () => 1,
  Equal: () => 1,
  Where: (_, inputs) => inputs[1].elementBytes,
};

/** Returns every value of a model by name. */
export function valuesOfModel(model: OnnxModel): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  for (const { name, type, shape } of [...model.inputs, ...model.constants])
    values.set(name, { shape, elementBytes: ELEMENT_BYTES[type] });
  const constants = new Map(model.constants.map((constant) => [constant.name, constant.data]));

  // Nodes are listed last first.
  for (const node of model.nodes.toReversed()) {
    const inputs = node.inputs.map((name) => values.get(name) ?? { shape: [], elementBytes: 4 });
    const numbers = (input: number) => {
      const data = constants.get(node.inputs[input]);
      return data instanceof Uint8Array ? Array.from(new BigInt64Array(data.slice().buffer), Number) : [];
    };
    const shape = (SHAPES[node.op] ?? joint)({ node, inputs, numbers });
    const elementBytes = RESULT_BYTES[node.op]?.(node, inputs) ?? inputs[0].elementBytes;
    node.outputs.forEach((name, i) => {
      // Only LayerNormalization has further outputs, one number per row.
      values.set(name, { shape: i === 0 ? shape : [...shape.slice(0, -1), 1], elementBytes });
    });
  }
  return values;
}

function product([a, b]: readonly Value[], transA: boolean, transB: boolean): Shape {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)) ?? [];
  return [...batch, a.shape.at(transA ? -1 : -2)!, b.shape.at(transB ? -2 : -1)!];
}

function reduced({ inputs: [x], numbers }: Context): Shape {
  const axes = numbers(1);
  return x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

function axesOr(axes: readonly number[], starts: readonly number[]): readonly number[] {
  return axes.length > 0 ? axes : [...starts.keys()];
}

function listOf(node: OnnxNode, name: string): readonly number[] {
  return (node.attributes[name] as readonly number[] | undefined) ?? [];
}

function numberOf(node: OnnxNode, name: string): number {
  return (node.attributes[name] as number | undefined) ?? 0;
}
