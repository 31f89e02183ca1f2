import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';

/** The context of a node that is being lowered. */
export interface GraphView {
  /** State entries that become constants of the model. */
  readonly frozen: ReadonlySet<string>;
  /** The ONNX value of a tensor before the current node. */
  valueOf(tensor: Tensor): Value;
  /** The number of nodes and results of the program that use this tensor. */
  uses(tensor: Tensor): number;
}

/** Emits the ONNX nodes of one graph node and returns the value of its result. */
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
