import { simplify, type Program, type Tensor } from '@rewardedit/graph';
import { planHost } from './host-tail/host-plan.ts';
import { hostNodes } from './host-tail/partition.ts';
import { inputName, stateName } from './lowering/leaf.ts';
import { lower, type LoweringOptions } from './lowering/lower.ts';
import { valuesOfModel } from './memory/value-shapes.ts';
import { encodeModel, type OnnxModel, type OnnxValue } from './model/onnx-model.ts';
import { withoutRepeatedPixels } from './repeated-pixels.ts';
import { EMPTY_SEQUENCE, isRunInPlace } from './run-in-place.ts';
import type { Plan } from './worker-protocol.ts';

export interface PlanOptions extends LoweringOptions {
  /** Whether to replace convolutions of repeated pixels by smaller ones. */
  readonly smallConvolutions?: boolean;
}

/** Simplifies a program and adapts it to the provider. */
function prepared(program: Program, { smallConvolutions = false }: PlanOptions): Program {
  if (!smallConvolutions) return simplify(program);
  const [outputs, updates] = withoutRepeatedPixels([program.outputs, program.updates]);
  return simplify({ ...program, outputs, updates });
}

/** Splits a program into the host's part and the ONNX model, with the model's names of what it computes. */
function dividedProgram(given: Program, options: PlanOptions) {
  const program = prepared(given, options);
  const host = hostNodes(program);
  const { plan, results } = planHost(program, host);
  const outputs = computedBy(program.outputs, host, 'output');
  const updates = computedBy(program.updates, host, 'update');
  return { program, plan, results, ...lower({ ...outputs, ...updates, ...results }, options) };
}

type DividedProgram = ReturnType<typeof dividedProgram>;

/**
 * Programs already split for `modelOf`, which is most of the work of planning. They are large, so
 * `planProgram` removes them.
 */
const divided = new WeakMap<Program, { readonly key: string; readonly parts: DividedProgram }>();

function keyOf({ frozen, ...options }: PlanOptions): string {
  return JSON.stringify([options, ...frozen]);
}

/**
 * Returns a program's ONNX model before encoding, and the results that are written in place. Planning the
 * program afterwards is cheap.
 */
export function modelOf(
  program: Program,
  options: PlanOptions,
): { readonly model: OnnxModel; readonly inPlace: ReadonlySet<string> } {
  const parts = dividedProgram(program, options);
  divided.set(program, { key: keyOf(options), parts });
  const { model, results } = parts;
  return { model, inPlace: new Set(isRunInPlace(results) ? model.outputs.map(({ name }) => name) : []) };
}

/** Plans how the worker runs a program. */
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
  const valueOf = (key: string, { dtype }: Tensor): OnnxValue | undefined => {
    const name = values[key];
    return name === undefined ? undefined : { name, type: dtype, shape: shapes.get(name)!.shape };
  };
  const valuesFor = (kind: string, tensors: Readonly<Record<string, Tensor>>) =>
    mapped(Object.keys(tensors), (name) => valueOf(`${kind}/${name}`, tensors[name]));
  const emptySequence = isRunInPlace(results) ? EMPTY_SEQUENCE : undefined;
  return {
    model: model.outputs.length === 0 ? undefined : encodeModel({ ...model, emptySequence }),
    inputs: mapped(Object.keys(program.inputs), (name) => given(inputName(name))),
    state: mapped(Object.keys(program.state), (name) => given(stateName(name))),
    frozen: mapped(Object.keys(program.state), (name) =>
      files.has(stateName(name)) ? stateName(name) : undefined,
    ),
    outputs: valuesFor('output', program.outputs),
    updates: valuesFor('update', program.updates),
    host: plan,
    results: mapped(Object.keys(results), (name) => valueOf(name, results[name])),
  };
}

/** The tensors that ONNX Runtime computes, named by their purpose. */
function computedBy(
  tensors: Readonly<Record<string, Tensor>>,
  host: ReadonlySet<Tensor>,
  kind: string,
): Record<string, Tensor> {
  const kept = Object.entries(tensors).filter(([, tensor]) => !host.has(tensor));
  return Object.fromEntries(kept.map(([name, tensor]) => [`${kind}/${name}`, tensor]));
}

/** Maps names to values, leaving out those for which `value` returns undefined. */
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
