import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, dataOf, numbersOf, simplify, type Program, type TensorData } from '@rewardedit/graph';
import { stateName } from '../lowering/leaf.ts';
import { lower } from '../lowering/lower.ts';
import { encodeModel, type OnnxConstant, type OnnxModel } from '../model/onnx-model.ts';
import { withNames } from './names.ts';
import { withSinusoids, type Sinusoids } from './sinusoids.ts';

/** A program to export as an ONNX model. */
export interface OnnxExport {
  readonly program: Program;
  /** New names for inputs of the program. */
  readonly inputNames?: Readonly<Record<string, string>> | undefined;
  /** Inputs of the program that the model computes from numbers. */
  readonly sinusoids?: Readonly<Record<string, Sinusoids>> | undefined;
}

/** An input or output of an exported model. */
export interface OnnxPort {
  readonly name: string;
  readonly type: 'f32' | 'f16' | 'i32';
  readonly shape: readonly number[];
}

export interface WrittenModel {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** ONNX Runtime memory-maps weights that start at a page boundary. */
const ALIGNMENT = 4096;

/**
 * Exports programs as ONNX models in one folder, with one file of weights (`weights.data`), which is not
 * subject to protobuf's size limit. The models use only standard ops (opset 21), so that any ONNX Runtime
 * runs them with any provider.
 *
 * @param models by file name, without `.onnx`.
 * @param read returns the values of a state entry of any of the programs, in any float type.
 * @throws Error for a program that updates its state.
 */
export async function writeOnnxModels<Name extends string>(
  folder: string,
  models: Readonly<Record<Name, OnnxExport>>,
  read: (name: string) => Promise<TensorData>,
): Promise<Record<Name, WrittenModel>> {
  const weights = await writeWeights(
    join(folder, WEIGHTS_FILE),
    Object.assign({}, ...Object.values<OnnxExport>(models).map(({ program }) => program.state)),
    read,
  );
  const written: [string, WrittenModel][] = [];
  for (const [name, wanted] of Object.entries<OnnxExport>(models)) {
    const model = onnxModel(wanted, weights);
    const file = await open(join(folder, `${name}.onnx`), 'wx');
    try {
      await file.writeFile(encodeModel(model));
      await file.sync();
    } finally {
      await file.close();
    }
    const shapes = wanted.program.outputs;
    written.push([
      name,
      {
        inputs: model.inputs.map(({ name, type, shape }) => ({
          name,
          type: type as OnnxPort['type'],
          shape,
        })),
        outputs: model.outputs.map(({ name, type }) => ({
          name,
          type: type as OnnxPort['type'],
          shape: shapes[name].shape,
        })),
      },
    ]);
  }
  return Object.fromEntries(written) as Record<Name, WrittenModel>;
}

const WEIGHTS_FILE = 'weights.data';

type Place = Extract<OnnxConstant['data'], { readonly file: string }>;

/**
 * Writes the values of state entries one after another and returns their offsets. Without entries, no file is
 * written.
 */
async function writeWeights(
  path: string,
  entries: Program['state'],
  read: (name: string) => Promise<TensorData>,
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  if (Object.keys(entries).length === 0) return places;
  const file = await open(path, 'wx');
  try {
    let offset = 0;
    for (const [name, spec] of Object.entries(entries)) {
      const values = dataOf(spec.dtype, numbersOf(await read(name)));
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      await file.write(bytes, 0, bytes.length, offset);
      places.set(name, { file: WEIGHTS_FILE, place: { offset, length: bytesOf(spec) } });
      offset = Math.ceil((offset + bytes.length) / ALIGNMENT) * ALIGNMENT;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return places;
}

function onnxModel(
  { program, inputNames, sinusoids = {} }: OnnxExport,
  weights: ReadonlyMap<string, Place>,
): OnnxModel {
  if (Object.keys(program.updates).length > 0)
    throw new Error('writeOnnxModels: a program that updates its state cannot be exported.');
  const { outputs, state } = simplify(program);
  const frozen = new Set(Object.keys(state));
  const { model, values } = lower(outputs, { frozen, fusedMatMul: false, shaped: true });
  const placed: OnnxModel = {
    ...model,
    // In execution order, as the format requires.
    nodes: model.nodes.toReversed(),
    constants: model.constants.map((constant) => {
      const entry = nameOfEntry(constant);
      return entry === undefined ? constant : { ...constant, data: weights.get(entry)! };
    }),
  };
  const named = withSinusoids(withNames(placed, values, inputNames), sinusoids);
  return {
    ...named,
    outputs: named.outputs.map((value) => ({ ...value, shape: outputs[value.name].shape })),
  };
}

/** The state entry that a constant contains, if any. */
function nameOfEntry({ data }: OnnxConstant): string | undefined {
  if (data instanceof Uint8Array) return undefined;
  return data.file.slice(stateName('').length);
}
