import { RewardEditError } from '@rewardedit/core';
import { formatShape, sameShape, type Program, type Tensor, type TensorSpec } from '@rewardedit/graph';
import { planHost } from './host-tail/host-plan.ts';
import { hostNodes } from './host-tail/partition.ts';
import { inputName, stateName } from './lowering/leaf.ts';
import { lower, type LoweringOptions } from './lowering/lower.ts';
import { encodeModel } from './model/onnx-model.ts';
import type { Plan } from './worker-protocol.ts';

/** How the worker is to carry out a program. */
export function planProgram(
  program: Program,
  specs: Readonly<Record<string, TensorSpec>>,
  options: LoweringOptions,
): Plan {
  checkState(program, specs);
  if (options.freeze && Object.keys(program.updates).length > 0) {
    throw new RewardEditError('usage', 'A program with updates cannot be frozen: its state has to change.');
  }
  const host = hostNodes(program);
  const { plan, results } = planHost(program, host);
  const outputs = computedBy(program.outputs, host, 'output');
  const updates = computedBy(program.updates, host, 'update');
  const { model, values } = lower({ ...outputs, ...updates, ...results }, options);
  const inputs = new Map(model.inputs.map((value) => [value.name, value]));
  const files = new Set(
    model.constants.map(({ data }) => (data instanceof Uint8Array ? undefined : data.file)),
  );
  const valueNames = (kind: string, tensors: Readonly<Record<string, Tensor>>) =>
    mapped(Object.keys(tensors), (name) => values[`${kind}/${name}`]);
  return {
    model: model.outputs.length === 0 ? undefined : encodeModel(model),
    inputs: mapped(Object.keys(program.inputs), (name) => inputs.get(inputName(name))),
    state: mapped(Object.keys(program.state), (name) => inputs.get(stateName(name))),
    frozen: mapped(Object.keys(program.state), (name) =>
      files.has(stateName(name)) ? stateName(name) : undefined,
    ),
    outputs: valueNames('output', program.outputs),
    updates: valueNames('update', program.updates),
    host: plan,
    results: mapped(Object.keys(results), (name) => values[name]),
  };
}

/** The tensors that ONNX Runtime computes, under names that say what they are for. */
function computedBy(
  tensors: Readonly<Record<string, Tensor>>,
  host: ReadonlySet<Tensor>,
  kind: string,
): Record<string, Tensor> {
  const kept = Object.entries(tensors).filter(([, tensor]) => !host.has(tensor));
  return Object.fromEntries(kept.map(([name, tensor]) => [`${kind}/${name}`, tensor]));
}

/** A record of what `value` gives for each name, without the names it gives nothing for. */
function mapped<Value>(
  names: readonly string[],
  value: (name: string) => Value | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    names.flatMap((name): [string, Value][] => {
      const found = value(name);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

/** The program may use part of the state, in the shapes it was made with. */
function checkState(program: Program, specs: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, { shape, dtype }] of Object.entries(program.state)) {
    const spec = specs[name];
    if (!spec)
      throw new RewardEditError('bad-input', `The program reads "${name}", which the state does not have.`);
    if (!sameShape(spec.shape, shape) || spec.dtype !== dtype) {
      const [wanted, present] = [{ shape, dtype }, spec].map(
        (each) => `${formatShape(each.shape)} ${each.dtype}`,
      );
      const message = `The program reads "${name}" as ${wanted}; the state has it as ${present}.`;
      throw new RewardEditError('bad-input', message);
    }
  }
}
