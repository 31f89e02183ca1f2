import { inputName } from '../lowering/leaf.ts';
import type { Value } from '../lowering/emitter.ts';
import type { OnnxModel } from '../model/onnx-model.ts';

/**
 * Renames a model's inputs to those of the program, or as requested, and its outputs to the program's
 * results.
 *
 * @param values the model's name of each result.
 */
export function withNames(
  model: OnnxModel,
  values: Readonly<Record<string, Value>>,
  inputNames: Readonly<Record<string, string>> = {},
): OnnxModel {
  const own = (name: string) => name.slice(inputName('').length);
  const names = new Map<Value, string>([
    ...model.inputs.map(({ name }) => [name, inputNames[own(name)] ?? own(name)] as const),
    ...Object.entries(values).map(([name, value]) => [value, name] as const),
  ]);
  if (names.size < model.inputs.length + Object.keys(values).length)
    throw new Error('writeOnnxModels: two results are the same value, which can have only one name.');
  const renamed = (value: Value) => names.get(value) ?? value;
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    })),
    inputs: model.inputs.map((value) => ({ ...value, name: renamed(value.name) })),
    outputs: model.outputs.map((value) => ({ ...value, name: renamed(value.name) })),
  };
}
