import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';

/** What a lowering may ask about the graph around its node. */
export interface GraphView {
  /** State entries that enter the model as constants. */
  readonly frozen: ReadonlySet<string>;
  /** The ONNX value of a tensor that comes before the node at hand. */
  valueOf(tensor: Tensor): Value;
  /** How many nodes and results of the program use this tensor. */
  uses(tensor: Tensor): number;
}

/** Emits the ONNX nodes of one graph node; returns the value that holds its result. */
export type Lowering<Name extends OpName> = (
  emitter: Emitter,
  inputs: readonly Value[],
  tensor: Tensor<AttributesOf<Name>>,
  graph: GraphView,
) => Value;

/** Whether a tensor is a node of the op with this name; narrows its attributes. */
export function isNodeOf<Name extends OpName>(
  tensor: Tensor,
  name: Name,
): tensor is Tensor<AttributesOf<Name>> {
  return tensor.op.name === name;
}
