import type { OnnxModel, OnnxNode } from '../model/onnx-model.ts';
import { bytesOfValue, valuesOfModel } from './value-shapes.ts';

/** Ops whose result is a view of their first input. */
const VIEWS = new Set(['Reshape', 'Squeeze', 'Identity']);

/** Ops that ONNX Runtime computes in place of an operand of the same size without other uses. */
const IN_PLACE = new Set('Add Sub Mul Div Neg Exp Log Sqrt Sin Cos Tanh Sigmoid Erf Abs Softmax'.split(' '));

/** Memory that holds one value after another. */
interface Buffer {
  readonly bytes: number;
  /** Element type and shape of its first value, which later values must share. */
  readonly kind: string;
  /** Positions in execution order: its first value is computed, its last one read. */
  readonly from: number;
  until: number;
}

/**
 * The peak of a model's live intermediate values in ONNX Runtime, with nodes in its execution order and
 * values in the buffers that its `AllocationPlanner` assigns. A value may reuse the buffer of an operand
 * without other uses, or of an earlier value of the same shape, which is kept for it.
 *
 * @param elsewhere results that are written to memory outside the arena.
 */
export function peakBytes(model: OnnxModel, elsewhere: ReadonlySet<string> = new Set()): number {
  const order = executionOrder(model.nodes);
  const buffers = plannedBuffers(model, order, elsewhere);
  const change = Array.from({ length: order.length + 2 }, () => 0);
  for (const { bytes, from, until } of buffers) {
    change[from] += bytes;
    change[until + 1] -= bytes;
  }
  let current = 0;
  return change.reduce((peak, each) => Math.max(peak, (current += each)), 0);
}

/** Bytes of a model's results, or of some of them. */
export function resultBytes(model: OnnxModel, counts: (name: string) => boolean = () => true): number {
  const values = valuesOfModel(model);
  return model.outputs.reduce(
    (total, { name }) => total + (counts(name) ? bytesOfValue(values.get(name)!) : 0),
    0,
  );
}

function plannedBuffers(
  model: OnnxModel,
  order: readonly OnnxNode[],
  elsewhere: ReadonlySet<string>,
): Buffer[] {
  const values = valuesOfModel(model);
  const results = new Set(model.outputs.map(({ name }) => name));
  /** Remaining reads of each value; results are never freed. */
  const reads = new Map<string, number>([...results].map((name) => [name, Infinity]));
  for (const node of order) for (const name of node.inputs) reads.set(name, (reads.get(name) ?? 0) + 1);

  const buffers: Buffer[] = [];
  const bufferOf = new Map<string, Buffer>();
  const pending = new Map<Buffer, number>();
  /** Unused buffers by the shape of their last value, the most recent one first. */
  const idle = new Map<string, Buffer[]>();
  const kindOf = (name: string) => {
    const { shape, elementBytes } = values.get(name)!;
    return `${elementBytes} ${shape.join('x')}`;
  };

  order.forEach((node, position) => {
    for (const [i, name] of node.outputs.entries()) {
      const buffer =
        (i === 0 && !elsewhere.has(name) ? sharedBuffer(node, name) : undefined) ??
        (results.has(name) ? undefined : idle.get(kindOf(name))?.shift()) ??
        newBuffer(name, position);
      bufferOf.set(name, buffer);
      pending.set(buffer, (pending.get(buffer) ?? 0) + (reads.get(name) ?? 0));
      buffer.until = results.has(name) ? order.length : Math.max(buffer.until, position);
    }
    for (const name of node.inputs) {
      const buffer = bufferOf.get(name);
      if (!buffer) continue;
      buffer.until = Math.max(buffer.until, position);
      pending.set(buffer, pending.get(buffer)! - 1);
      if (pending.get(buffer) === 0) idle.set(buffer.kind, [buffer, ...(idle.get(buffer.kind) ?? [])]);
    }
  });
  return buffers;

  function newBuffer(name: string, position: number): Buffer {
    const bytes = elsewhere.has(name) ? 0 : bytesOfValue(values.get(name)!);
    const buffer = { bytes, kind: kindOf(name), from: position, until: position };
    buffers.push(buffer);
    return buffer;
  }

  /** The buffer of an operand that the result may reuse. */
  function sharedBuffer(node: OnnxNode, output: string): Buffer | undefined {
    if (VIEWS.has(node.op)) return bufferOf.get(node.inputs[0]);
    if (!IN_PLACE.has(node.op)) return undefined;
    const operand = node.inputs.find((name) => {
      const buffer = bufferOf.get(name);
      const own = node.inputs.filter((each) => bufferOf.get(each) === buffer).length;
      return buffer && pending.get(buffer) === own && kindOf(name) === kindOf(output);
    });
    return operand === undefined ? undefined : bufferOf.get(operand);
  }
}

/**
 * ONNX Runtime's order (`GraphViewer`): depth first from the nodes without users, starting with the last in
 * the list.
 */
function executionOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const indexOf = new Map(nodes.flatMap((node, index) => node.outputs.map((name) => [name, index] as const)));
  const producers = nodes.map((node) =>
    [...new Set(node.inputs.flatMap((name) => indexOf.get(name) ?? []))].toSorted((a, b) => a - b),
  );
  const isUsed = new Set(producers.flat());
  const order: OnnxNode[] = [];
  const visited = new Set<number>();
  const stack = [...nodes.keys()]
    .filter((index) => !isUsed.has(index))
    .map((index) => ({ index, done: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { index, done } = top;
    if (done) order.push(nodes[index]);
    if (done || visited.has(index)) continue;
    visited.add(index);
    stack.push({ index, done: true }, ...producers[index].map((each) => ({ index: each, done: false })));
  }
  return order;
}
