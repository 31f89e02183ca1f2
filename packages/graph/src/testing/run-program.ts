import type { Backend, CompileOptions, State } from '../backend.ts';
import { fromFloat16 } from '../float16.ts';
import type { Program } from '../program.ts';
import type { TensorData } from '../tensor-data.ts';

/** Creates a state with the entries of a program and writes their values. */
export async function createState(
  backend: Backend,
  program: Program,
  values: Readonly<Record<string, TensorData>>,
): Promise<State> {
  const state = await backend.createState(program.state);
  for (const name of Object.keys(program.state)) await state.write(name, values[name]);
  return state;
}

/** Compiles a program and runs it once. */
export async function runProgram(
  backend: Backend,
  program: Program,
  {
    inputs = {},
    state: values = {},
  }: { inputs?: Record<string, TensorData>; state?: Record<string, TensorData> },
  options?: CompileOptions,
): Promise<Record<string, TensorData>> {
  const state = await createState(backend, program, values);
  const executable = await backend.compile(program, state, options);
  const outputs = await executable.run(inputs);
  await executable.dispose();
  await state.dispose();
  return outputs;
}

/**
 * Returns the largest difference relative to the largest expected value (at least 1). Actual f16 values are
 * given as bits.
 */
export function relativeError(actual: ArrayLike<number> | TensorData, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const found = actual instanceof Uint16Array ? fromFloat16(actual) : actual;
  const values = Array.from(expected);
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  // NaN counts as an infinite error.
  return values.reduce((worst, value, i) => {
    const error = Math.abs(found[i] - value) / scale;
    return error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
  }, 0);
}

/** Values between -1 and 1, the same in every run. */
export function someValues(length: number, offset = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + offset));
}
