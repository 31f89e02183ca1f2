import { inputName } from '../lowering/leaf.ts';
import type { Value } from '../lowering/emitter.ts';
import type { OnnxModel } from '../model/onnx-model.ts';

/**
 * A model whose inputs are called as the program's are, or otherwise where that is asked for, and whose outputs as its results.
 *
 * @param values under which name the model has each result.
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
    throw new Error('writeOnnxModels: two results are one value, which can have one name only.');
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
