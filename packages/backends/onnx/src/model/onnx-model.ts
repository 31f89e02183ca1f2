import { bytes, encode, float, integer, integers, message, text, type Encoded } from './protobuf.ts';

/** Element types by their numbers in onnx.proto's `TensorProto.DataType`. */
export const ELEMENT_TYPES = { f32: 1, i32: 6, i64: 7, bool: 9, f16: 10 } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/**
 * An attribute of a node: an integer, several integers, a string, or a float (marked, because JavaScript has
 * one number type).
 */
export type AttributeValue = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  /** Used in messages and profiles. */
  readonly name: string;
  readonly op: string;
  /** Empty for standard ops, `com.microsoft` for ONNX Runtime's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A named value and its element type; without a shape, the shape follows from the model. */
export interface OnnxResult {
  readonly name: string;
  readonly type: ElementType;
  readonly shape?: readonly number[];
}

export interface OnnxValue extends OnnxResult {
  readonly shape: readonly number[];
}

/** A value passed to a model; or, under a separate name, the same elements in another shape. */
export interface OnnxInput extends OnnxValue {
  /** The input of which it is another view. */
  readonly viewOf?: string;
}

/** A constant: little-endian contiguous bytes in the model, or in an external file at an offset. */
export interface OnnxConstant extends OnnxValue {
  readonly data:
    | Uint8Array
    | { readonly file: string; readonly place?: { readonly offset: number; readonly length: number } };
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly OnnxResult[];
  readonly constants: readonly OnnxConstant[];
  /** The name of an empty sequence that precedes all other outputs (see `run-in-place.ts`). */
  readonly emptySequence?: string | undefined;
}

const IR_VERSION = 10;
const OPSETS = { '': 21, 'com.microsoft': 1, 'com.microsoft.nchwc': 1 };

/** The field and type of an attribute, numbered as in onnx.proto's `AttributeProto`. */
function attribute(name: string, value: AttributeValue): Encoded {
  const content = (): Encoded[] => {
    if (typeof value === 'number') return [integer(3, value), integer(20, 2)];
    if (typeof value === 'string') return [text(4, value), integer(20, 3)];
    if ('float' in value) return [float(2, value.float), integer(20, 1)];
    return [integers(8, value), integer(20, 7)];
  };
  return message(5, text(1, name), ...content());
}

function nodeProto(node: OnnxNode): Encoded {
  return message(
    1,
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, node.name),
    text(4, node.op),
    ...Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
    text(7, node.domain),
  );
}

function valueProto(field: number, { name, type }: OnnxResult, shape?: readonly number[]): Encoded {
  const dimensions = shape ? [message(2, ...shape.map((size) => message(1, integer(1, size))))] : [];
  const content = message(1, integer(1, ELEMENT_TYPES[type]), ...dimensions);
  return message(field, text(1, name), message(2, content));
}

/** A node that creates an empty sequence of tensors, and its output. */
function emptySequence(name: string): { node: Encoded; result: Encoded } {
  const tensor = message(1, integer(1, ELEMENT_TYPES.f32));
  const type = message(2, message(4, message(1, tensor)));
  return {
    node: message(1, text(2, name), text(3, name), text(4, 'SequenceEmpty')),
    result: message(12, text(1, name), type),
  };
}

function tensorProto({ name, type, shape, data }: OnnxConstant): Encoded {
  const external = (key: string, value: string) => message(13, text(1, key), text(2, value));
  const content =
    data instanceof Uint8Array
      ? [bytes(9, data)]
      : [
          external('location', data.file),
          ...Object.entries(data.place ?? {}).map(([key, value]) => external(key, String(value))),
          integer(14, 1),
        ];
  return message(5, integers(1, shape), integer(2, ELEMENT_TYPES[type]), text(8, name), ...content);
}

/** Encodes a model as onnx.proto's `ModelProto` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const sequence = model.emptySequence === undefined ? undefined : emptySequence(model.emptySequence);
  return encode(
    integer(1, IR_VERSION),
    text(2, 'rewardedit'),
    message(
      7,
      ...(sequence ? [sequence.node] : []),
      ...model.nodes.map(nodeProto),
      text(2, 'program'),
      ...model.constants.map(tensorProto),
      ...model.inputs.map((value) => valueProto(11, value, value.shape)),
      ...(sequence ? [sequence.result] : []),
      ...model.outputs.map((value) => valueProto(12, value, value.shape)),
    ),
    ...Object.entries(OPSETS).map(([domain, version]) => message(8, text(1, domain), integer(2, version))),
  );
}
