import { createEmitter, type Value } from '../lowering/emitter.ts';
import type { OnnxModel } from '../model/onnx-model.ts';

/**
 * Sinusoidal features of numbers, for models that take the numbers themselves: half cosines and half sines,
 * [B, count x 2 frequencies], of numbers [B] if the count is 1, else [B, count].
 */
export interface Sinusoids {
  /** The name of the input that replaces them. */
  readonly of: string;
  readonly count: number;
  readonly frequencies: Float32Array;
  readonly cosinesFirst: boolean;
}

/** Computes some inputs of a model inside it, each from another input. */
export function withSinusoids(model: OnnxModel, sinusoids: Readonly<Record<string, Sinusoids>>): OnnxModel {
  return Object.entries(sinusoids).reduce(
    (made, [name, wanted]) =>
      made.inputs.some((input) => input.name === name) ? computed(made, name, wanted) : made,
    model,
  );
}

function computed(
  model: OnnxModel,
  name: string,
  { of, count, frequencies, cosinesFirst }: Sinusoids,
): OnnxModel {
  const { type, shape } = model.inputs.find((input) => input.name === name)!;
  const [batch] = shape;
  const emitter = createEmitter({ fusedMatMul: false, channelBlock: undefined });
  emitter.begin(of);
  const given = emitter.input({ name: of, type, shape: count === 1 ? [batch] : [batch, count] });
  const column = emitter.emit('Reshape', [given, emitter.indices([batch * count, 1])]);
  const row = emitter.constant(
    type,
    [1, frequencies.length],
    new Uint8Array(Float32Array.from(frequencies).buffer),
  );
  const phases = emitter.emit('Mul', [column, row]);
  const halves: Value[] = ['Cos', 'Sin'].map((op) => emitter.emit(op, [phases]));
  const ordered = cosinesFirst ? halves : halves.toReversed();
  const joined = emitter.emit('Concat', ordered, { attributes: { axis: 1 } });
  const result = emitter.emit('Reshape', [joined, emitter.indices(shape)]);
  const own = emitter.model([{ name: result, type }]);

  // Names that the model does not use.
  const renamed = (value: Value) => (value === of ? of : value === result ? name : `${of}/${value}`);
  return {
    nodes: [
      ...own.nodes.toReversed().map((node) => ({
        ...node,
        name: `${of}/${node.name}`,
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
      ...model.nodes,
    ],
    inputs: [...model.inputs.filter((input) => input.name !== name), ...own.inputs],
    outputs: model.outputs,
    constants: [
      ...model.constants,
      ...own.constants.map((constant) => ({ ...constant, name: renamed(constant.name) })),
    ],
  };
}
