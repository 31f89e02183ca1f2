import { simplify, type Program, type Tensor } from '@rewardedit/graph';
import { planHost } from './host-tail/host-plan.ts';
import { hostNodes } from './host-tail/partition.ts';
import { inputName, stateName } from './lowering/leaf.ts';
import { lower, type LoweringOptions } from './lowering/lower.ts';
import { encodeModel, type OnnxModel } from './model/onnx-model.ts';
import { valuesOfModel } from './memory/value-shapes.ts';
import { withoutRepeatedPixels } from './repeated-pixels.ts';
import type { Plan } from './worker-protocol.ts';

export interface PlanOptions extends LoweringOptions {
  /** Whether small convolutions in the place of one of repeated pixels pay. */
  readonly smallConvolutions?: boolean;
}

/** A program as it suits the provider, with less to compute. */
function prepared(program: Program, { smallConvolutions = false }: PlanOptions): Program {
  if (!smallConvolutions) return simplify(program);
  const [outputs, updates] = withoutRepeatedPixels([program.outputs, program.updates]);
  return simplify({ ...program, outputs, updates });
}

/** A program's two parts: what the host carries out, and the ONNX model, with its names for what they are to compute. */
function dividedProgram(given: Program, options: PlanOptions) {
  const program = prepared(given, options);
  const host = hostNodes(program);
  const { plan, results } = planHost(program, host);
  const outputs = computedBy(program.outputs, host, 'output');
  const updates = computedBy(program.updates, host, 'update');
  return { program, plan, results, ...lower({ ...outputs, ...updates, ...results }, options) };
}

type DividedProgram = ReturnType<typeof dividedProgram>;

/** Parts of programs whose model was asked for, which is most of the work of a plan. They are large, and so handed out once. */
const divided = new WeakMap<Program, { readonly key: string; readonly parts: DividedProgram }>();

function keyOf({ frozen, ...options }: PlanOptions): string {
  return JSON.stringify([options, ...frozen]);
}

/** A program's ONNX model, not yet encoded, and which of its values only the host reads. To plan the program then takes little more. */
export function modelOf(
  program: Program,
  options: PlanOptions,
): { readonly model: OnnxModel; readonly passing: ReadonlySet<string> } {
  const parts = dividedProgram(program, options);
  divided.set(program, { key: keyOf(options), parts });
  const { model, values, results } = parts;
  const outputs = new Set(Object.keys(program.outputs).map((name) => values[`output/${name}`]));
  const read = Object.keys(results).map((name) => values[name]);
  return { model, passing: new Set(read.filter((value) => !outputs.has(value))) };
}

/** How the worker is to carry out a program. */
export function planProgram(whole: Program, options: PlanOptions): Plan {
  const known = divided.get(whole);
  divided.delete(whole);
  const parts = known?.key === keyOf(options) ? known.parts : dividedProgram(whole, options);
  const { program, plan, results, model, values } = parts;
  const given = (input: string) => {
    const values = model.inputs.filter(({ name, viewOf = name }) => viewOf === input);
    return values.length === 0 ? undefined : values;
  };
  const shapes = valuesOfModel(model);
  const files = new Set(
    model.constants.map(({ data }) => (data instanceof Uint8Array ? undefined : data.file)),
  );
  const valueNames = (kind: string, tensors: Readonly<Record<string, Tensor>>) =>
    mapped(Object.keys(tensors), (name) => values[`${kind}/${name}`]);
  return {
    model: model.outputs.length === 0 ? undefined : encodeModel(model),
    inputs: mapped(Object.keys(program.inputs), (name) => given(inputName(name))),
    state: mapped(Object.keys(program.state), (name) => given(stateName(name))),
    frozen: mapped(Object.keys(program.state), (name) =>
      files.has(stateName(name)) ? stateName(name) : undefined,
    ),
    outputs: valueNames('output', program.outputs),
    updates: valueNames('update', program.updates),
    host: plan,
    results: mapped(Object.keys(results), (name) => {
      const value = values[name];
      return { name: value, type: results[name].dtype, shape: shapes.get(value)!.shape };
    }),
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
