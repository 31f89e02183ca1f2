import type {
  AttributeValue,
  ElementType,
  OnnxConstant,
  OnnxInput,
  OnnxModel,
  OnnxNode,
  OnnxResult,
  OnnxValue,
} from '../model/onnx-model.ts';

/** The name of a value in the ONNX graph. */
export type Value = string;

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: 'com.microsoft' | 'com.microsoft.nchwc';
}

/** Collects the nodes and constants of lowerings, each once. */
export interface Emitter {
  /** Whether the provider has ONNX Runtime's `FusedMatMul`. */
  readonly fusedMatMul: boolean;
  /** The block size of the provider's blocked convolutions, if it has them. */
  readonly channelBlock: number | undefined;
  /** Names the following nodes after the graph op they implement, for messages and profiles. */
  begin(origin: string): void;
  /** Returns the output of this op for these inputs. */
  emit(op: string, inputs: readonly Value[], options?: NodeOptions): Value;
  /** Returns the first `count` outputs of an op with several. */
  emitMany(op: string, inputs: readonly Value[], count: number, options?: NodeOptions): readonly Value[];
  constant(type: ElementType, shape: readonly number[], data: OnnxConstant['data']): Value;
  /** An int64 vector: a shape, axes, positions. */
  indices(values: readonly number[]): Value;
  input(value: OnnxValue): Value;
  /**
   * A value with the same elements and any shape that can be an output of the model: the operand of a
   * reshape.
   */
  flat(value: Value): Value;
  /**
   * Returns the model that computes the given outputs: all nodes that they need, last first.
   *
   * ONNX Runtime orders nodes itself: depth first from the outputs, starting with the last in the list. With
   * this order it computes early nodes as early as possible, so that gradients follow the values they need,
   * which can then be freed. In the usual order it completes the backward pass down to the first layer before
   * it computes the other weights' gradients, keeping everything in memory until then.
   */
  model(outputs: readonly OnnxResult[]): OnnxModel;
}

export interface EmitterOptions extends Pick<Emitter, 'fusedMatMul' | 'channelBlock'> {
  /**
   * Whether an input that is needed in another shape becomes an additional input of that shape instead of a
   * reshape in each run. This is free if inputs are read in place.
   */
  readonly inputViews?: boolean;
}

export function createEmitter({ fusedMatMul, channelBlock, inputViews = false }: EmitterOptions): Emitter {
  let origin = '';
  const nodes: OnnxNode[] = [];
  const producers = new Map<Value, OnnxNode>();
  const numbered = new Map<string, readonly Value[]>();
  const constants = new Map<string, OnnxConstant>();
  const inputs = new Map<string, OnnxInput>();
  /** The numbers passed to `indices`. */
  const numbers = new Map<Value, readonly number[]>();

  function emitMany(op: string, from: readonly Value[], count: number, options: NodeOptions = {}) {
    const { attributes = {}, domain = '' } = options;
    const key = `${domain}.${op}(${from.join()})${JSON.stringify(attributes)}`;
    const known = numbered.get(key);
    if (known && known.length >= count) return known;
    if (known) throw new Error(`${op}: requested ${count} outputs after ${known.length}.`);
    const outputs = Array.from({ length: count }, (_, i) =>
      i === 0 ? `v${nodes.length}` : `v${nodes.length}_${i}`,
    );
    const node = { name: `${origin}/${outputs[0]}`, op, domain, inputs: from, outputs, attributes };
    nodes.push(node);
    for (const output of outputs) producers.set(output, node);
    numbered.set(key, outputs);
    return outputs;
  }

  function constant(type: ElementType, shape: readonly number[], data: OnnxConstant['data']): Value {
    const content =
      data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.length) : data.file;
    const key = `${type}[${shape.join()}]${typeof content === 'string' ? content : content.toString('latin1')}`;
    const name = constants.get(key)?.name ?? `c${constants.size}`;
    constants.set(key, { name, type, shape, data });
    return name;
  }

  /** An input in another shape. */
  function viewOf({ name: viewed, type }: OnnxInput, shape: readonly number[]): Value {
    const name = `${viewed} as ${shape.join('x')}`;
    inputs.set(name, { name, type, shape, viewOf: viewed });
    return name;
  }

  return {
    fusedMatMul,
    channelBlock,
    begin: (name) => {
      origin = name;
    },
    emit: (op, from, options) => {
      // A view of a view becomes a view of the original.
      const viewed = op === 'Reshape' ? producers.get(from[0]) : undefined;
      const operands = viewed?.op === 'Reshape' ? [viewed.inputs[0], ...from.slice(1)] : from;
      const input = inputViews && op === 'Reshape' ? inputs.get(operands[0]) : undefined;
      const shape = input && numbers.get(operands[1]);
      // A size that is inferred in each run is not a known shape.
      if (shape?.every((size) => size >= 0) === true)
        return viewOf(inputs.get(input!.viewOf ?? input!.name)!, shape);
      return emitMany(op, operands, 1, options)[0];
    },
    emitMany,
    constant,
    indices: (values) => {
      const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      const name = constant('i64', [values.length], data);
      numbers.set(name, values);
      return name;
    },
    input: (value) => {
      inputs.set(value.name, value);
      return value.name;
    },
    flat: (value) => {
      let result = value;
      for (let node = producers.get(value); node?.op === 'Reshape'; node = producers.get(result)) {
        if (!producers.has(node.inputs[0])) break;
        [result] = node.inputs;
      }
      return producers.has(result) ? result : emitMany('Identity', [result], 1)[0];
    },
    model: (outputs) => {
      const needed = new Set(outputs.map(({ name }) => name));
      const kept = nodes.toReversed().filter((node) => {
        const used = node.outputs.some((name) => needed.has(name));
        if (used) for (const name of node.inputs) needed.add(name);
        return used;
      });
      const isNeeded = ({ name }: OnnxValue) => needed.has(name);
      return {
        nodes: kept,
        inputs: [...inputs.values()].filter(isNeeded),
        outputs,
        constants: [...constants.values()].filter(isNeeded),
      };
    },
  };
}
