import { RewardEditError } from '@rewardedit/core';
import { topologicalOrder, useCounts, type AttributesOf, type OpName, type Tensor } from '@rewardedit/graph';
import type { OnnxModel, OnnxResult } from '../model/onnx-model.ts';
import { createEmitter, type Emitter, type EmitterOptions, type Value } from './emitter.ts';
import type { GraphView, Lowering } from './lowering.ts';
import { LOWERINGS, type LoweredOp } from './table.ts';
import { decomposed } from './decompose.ts';

export interface LoweringOptions extends Omit<EmitterOptions, 'channelBlock'> {
  /** State entries that become constants of the model. */
  readonly frozen: ReadonlySet<string>;
  readonly channelBlock?: EmitterOptions['channelBlock'];
  /**
   * Whether results keep their shapes, for other programs to read; otherwise they are flat, and only this
   * backend knows their shapes.
   */
  readonly shaped?: boolean;
}

export interface Lowered {
  readonly model: OnnxModel;
  /** The model's name of each result. */
  readonly values: Readonly<Record<string, Value>>;
}

/** Lowers the given tensors to an ONNX model. */
export function lower(
  given: Readonly<Record<string, Tensor>>,
  { frozen, channelBlock, shaped = false, ...options }: LoweringOptions,
): Lowered {
  const results = decomposed(given);
  const emitter = createEmitter({ channelBlock, ...options });
  const values = new Map<Tensor, Value>();
  const uses = useCounts(Object.values(results));
  const order = topologicalOrder(Object.values(results));

  const graph = {
    frozen,
    valueOf: (tensor: Tensor) => values.get(tensor)!,
    uses: (tensor: Tensor) => uses.get(tensor) ?? 0,
  };
  for (const tensor of order) {
    const inputs = tensor.inputs.map((operand) => values.get(operand)!);
    values.set(tensor, lowerNode(emitter, inputs, tensor, graph));
  }
  emitter.begin('result');
  const outputs = new Map<Value, OnnxResult>();
  const names: Record<string, Value> = {};
  for (const [name, tensor] of Object.entries(results)) {
    // Results are flat; their shapes are known without the model.
    const flat = emitter.flat(values.get(tensor)!);
    const value = shaped ? emitter.emit('Reshape', [flat, emitter.indices(tensor.shape)]) : flat;
    outputs.set(value, { name: value, type: tensor.dtype });
    names[name] = value;
  }
  return { model: emitter.model([...outputs.values()]), values: names };
}

function lowerNode(emitter: Emitter, inputs: readonly Value[], tensor: Tensor, graph: GraphView): Value {
  const { name } = tensor.op;
  if (!(name in LOWERINGS)) throw new RewardEditError('failed', `The op "${name}" has no ONNX lowering.`);
  emitter.begin(name);
  // The table's type cannot relate a node's attributes to its op.
  const lowering = LOWERINGS[name as LoweredOp] as Lowering<OpName>;
  return lowering(emitter, inputs, tensor as Tensor<AttributesOf<OpName>>, graph);
}
